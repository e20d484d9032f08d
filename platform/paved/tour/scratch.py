"""The tour's folder: what lies where in it."""

from dataclasses import dataclass
from pathlib import Path

SERVICE = "quotes"
ENVIRONMENTS = ("dev", "stage", "prod")


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder that a tour works in and leaves behind.

    Args:
        root: the folder, absolute.
    """

    root: Path

    @property
    def service(self) -> Path:
        """The scaffolded repository."""
        return self.root / SERVICE

    @property
    def signed(self) -> Path:
        """The signed layout that Bazel made of it."""
        return self.service / "bazel-bin" / "signed"

    @property
    def tampered(self) -> Path:
        """A copy of the signed layout with one byte changed."""
        return self.root / "tampered"

    @property
    def unsigned(self) -> Path:
        """An image that nobody signed."""
        return self.root / "unsigned"

    @property
    def registry(self) -> Path:
        """What the local registry holds."""
        return self.root / "registry"

    @property
    def remote(self) -> Path:
        """The operations repository's remote."""
        return self.root / "operations.git"

    @property
    def operations(self) -> Path:
        """The operations repository's checkout."""
        return self.root / "operations"

    @property
    def rootfs(self) -> Path:
        """The released image's layers, unpacked."""
        return self.root / "rootfs"

    @property
    def events(self) -> Path:
        """What happened, one CloudEvent per line."""
        return self.root / "events.jsonl"

    @property
    def store(self) -> Path:
        """The metrics store."""
        return self.root / "metrics.duckdb"

    def log(self, name: str) -> Path:
        """Return the log of a process that the tour ran."""
        return self.root / f"{name}.log"
