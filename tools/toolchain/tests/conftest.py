"""Fixtures of the Debian side; where Bazel does not, they make tools/ an import root."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TOOLS = str(Path(__file__).resolve().parents[2])
if "toolchain" not in sys.modules and TOOLS not in sys.path:
    sys.path.insert(0, TOOLS)

from toolchain.debian import Deb  # noqa: E402
from toolchain.testing import archives, registry  # noqa: E402

MakeDeb = Callable[..., Deb]


@pytest.fixture
def loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[registry.Registry]:
    """Yield the mirror, on loopback, that the toolchain is pointed at; its cache is empty."""
    configuration = tmp_path / "apt.conf"
    configuration.write_text('Acquire::http::Proxy::127.0.0.1 "DIRECT";\nAcquire::Retries "0";\n')
    monkeypatch.setenv("APT_CONFIG", str(configuration))
    monkeypatch.setenv("PAVED_CACHE", str(tmp_path / "a cache"))
    with registry.serve() as running:
        monkeypatch.setenv("PAVED_DEBIAN_MIRROR", f"{running.url}/debian")
        yield running


@pytest.fixture
def make_deb(tmp_path: Path, loopback: registry.Registry) -> MakeDeb:
    """Return what makes a package with one file, and serves it unless told otherwise."""

    def make(package: str, version: str = "1.0-1", *, content: bytes = b"x", pool: str = "") -> Deb:
        files = {f"usr/share/{package}/file": content, f"usr/share/doc/{package}/note": b"n"}
        archive = archives.deb(tmp_path, package, version, files)
        path = pool or f"pool/main/{package}_{version}_all.deb"
        loopback.files[f"/debian/{path}".replace("+", "%2b")] = archive
        loopback.files[f"/debian/{path}"] = archive
        return Deb(package, version, path, hashlib.sha256(archive).hexdigest(), len(archive))

    return make
