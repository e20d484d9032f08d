"""A checkout's copy with a lock of its own, an empty cache, and registries on loopback only."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import toolchain
from toolchain.testing import archives
from toolchain.testing.registry import Registry

SECONDS = 120
Entry = dict[str, object]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str


@dataclass(slots=True)
class Workshop:
    """Where a test works.

    Args:
        folder: an empty folder; the checkout's copy and the cache lie below it.
        registry: what serves every kind of archive.
        environ: further environment for commands.
    """

    folder: Path
    registry: Registry
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Copy the toolchain."""
        source = Path(toolchain.__file__).parent
        unwanted = shutil.ignore_patterns("__pycache__", "tests", "*.json")
        shutil.copytree(source, self.toolchain, ignore=unwanted)
        (self.folder / "home").mkdir()
        (self.folder / "apt.conf").write_text('Acquire::http::Proxy::127.0.0.1 "DIRECT";\n')

    @property
    def checkout(self) -> Path:
        """The copy of the checkout."""
        return self.folder / "check out"

    @property
    def toolchain(self) -> Path:
        """The copy of tools/toolchain."""
        return self.checkout / "tools" / "toolchain"

    @property
    def cache(self) -> Path:
        """The cache that commands use."""
        return self.folder / "cache"

    def write_lock(self, *entries: Entry) -> None:
        """Write the lock of tools."""
        document = {"format": 1, "tools": sorted(entries, key=lambda entry: str(entry["name"]))}
        (self.toolchain / "tools.lock.json").write_text(json.dumps(document), encoding="utf-8")

    def deb_source(self, name: str, content: bytes, version: str = "1.2.3-1") -> Entry:
        """Serve a package that holds `content` as usr/bin/`name`; return the lock's source."""
        archive = archives.deb(self.folder, name, version, {f"usr/bin/{name}": content})
        path = f"pool/main/{name}_{version}_all.deb"
        self.registry.files[f"/debian/{path}"] = archive
        return {
            "kind": "deb",
            "suite": "testing",
            "package": name,
            "version": version,
            "path": path,
            "sha256": hashlib.sha256(archive).hexdigest(),
            "size": len(archive),
            "files": {name: f"usr/bin/{name}"},
        }

    def wheel_source(self, name: str, content: bytes, version: str = "1.2.3") -> Entry:
        """Serve a wheel that holds `content` as its script `name`; return the lock's source."""
        distribution = f"{name}-bin"
        stem = f"{name}_bin-{version}"
        files = {f"{stem}.data/scripts/{name}": content}
        digest = self.registry.add_wheel(*archives.wheel(distribution, version, files))
        return {
            "kind": "wheel",
            "distribution": distribution,
            "version": version,
            "sha256": [digest],
            "files": {name: f"bin/{name}"},
        }

    def environment(self) -> dict[str, str]:
        """Return the environment of commands: nothing of the user's, no network but loopback."""
        here = {
            "APT_CONFIG": str(self.folder / "apt.conf"),
            "GOPROXY": f"{self.registry.url}/go",
            "GOSUMDB": "off",
            "HOME": str(self.folder / "home"),
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "PAVED_CACHE": str(self.cache),
            "PAVED_DEBIAN_MIRROR": f"{self.registry.url}/debian",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{self.registry.url}/simple/",
            "PIP_RETRIES": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        pip = os.environ.get("PAVED_TEST_PIP")  # for machines whose Python came without pip
        return here | ({"PYTHONPATH": str(Path(pip).absolute())} if pip else {}) | self.environ

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start fetch.py."""
        command = [sys.executable, self.toolchain / "fetch.py", *arguments]
        return self.popen([str(word) for word in command])

    def popen(self, command: list[str], folder: Path | None = None) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command,
            cwd=folder or self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )

    def fetch(self, *arguments: str) -> Done:
        """Run fetch.py to its end."""
        return finish(self.start(*arguments))

    def left_over(self) -> list[str]:
        """Return the temporary names in the cache."""
        found = [path.name for path in (self.cache / "tools").rglob(".*staging*")]
        return sorted(found + [path.name for path in (self.cache / "env").glob(".*staging*")])


def finish(process: subprocess.Popen[str]) -> Done:
    """Wait for a command's end."""
    out, err = process.communicate(timeout=SECONDS)
    return Done(process.returncode, out, err)


def entry(name: str, *sources: Entry, version: str = "1.2.3", check: str = "--version") -> Entry:
    """Return an entry of the lock for a tool with one program of its own name."""
    return {
        "name": name,
        "version": version,
        "purpose": "a tool for a test",
        "binaries": [name],
        "check": [check],
        "sources": list(sources),
    }
