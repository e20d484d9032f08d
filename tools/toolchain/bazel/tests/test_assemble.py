"""Assembling from a lock: what is locked, what is gone, what does not start."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import cache, discover
from toolchain.bazel import assemble, relocate
from toolchain.debian import Deb
from toolchain.problems import ToolchainError
from toolchain.testing import archives, registry

WISH = discover.Wish("testing", ("bazel-bootstrap",), (), ())


class Mirror:
    """A mirror on loopback with packages that hold a program named bazel."""

    def __init__(self, running: registry.Registry, folder: Path) -> None:
        """Serve from `running` what is made in `folder`."""
        self.running = running
        self.folder = folder

    def bazel(self, version: str, says: str = "bazel {}") -> Deb:
        """Serve a package whose program says its version."""
        files = {"usr/bin/bazel": archives.script(says.format(version))}
        content = archives.deb(self.folder, "bazel-bootstrap", f"{version}-1", files)
        path = f"pool/main/bazel-bootstrap_{version}-1_all.deb"
        self.running.files[f"/debian/{path}"] = content
        digest = hashlib.sha256(content).hexdigest()
        return Deb("bazel-bootstrap", f"{version}-1", path, digest, len(content))

    def forget(self, deb: Deb) -> None:
        """Lose a package, as a mirror does when its suite moves on."""
        del self.running.files[f"/debian/{deb.path}"]


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """Yield the only mirror; locks are the test's, and programs need no relocation."""
    (tmp_path / "apt.conf").write_text('Acquire::http::Proxy::127.0.0.1 "DIRECT";\n')
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    monkeypatch.setattr(assemble, "LOCK", tmp_path / "bazel.lock.json")
    monkeypatch.setattr(relocate, "relocate", lambda _tree, _final: None)
    with registry.serve() as running:
        monkeypatch.setenv("PAVED_DEBIAN_MIRROR", f"{running.url}/debian")
        yield Mirror(running, tmp_path)


def lock(deb: Deb) -> None:
    """Lock one package."""
    assemble.write_lock(assemble.LOCK, WISH, [deb])


def test_locked(mirror: Mirror):
    """The locked packages are assembled once; after that nothing is asked of the mirror."""
    lock(mirror.bazel("7.7.1"))
    first, asked = assemble.debian_bazel(), len(mirror.running.asked)
    assert (first.version, first.locked) == ("7.7.1", True)
    assert assemble.debian_bazel() == first
    assert len(mirror.running.asked) == asked == 1


def test_half_assembled(mirror: Mirror):
    """A folder that a killed run left without its mark is made anew, from the cached files."""
    lock(mirror.bazel("7.7.1"))
    made = assemble.debian_bazel()
    (made.folder / ".ready").unlink()
    made.program.unlink()
    assert assemble.debian_bazel() == made
    assert made.program.is_file()
    assert len(mirror.running.asked) == 1


def test_gone(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """When a locked file is gone, what the suite has now is taken, said, and remembered."""
    old, new = mirror.bazel("7.7.1"), mirror.bazel("7.7.2")
    lock(old)
    mirror.forget(old)
    looked: list[discover.Wish] = []

    def closure(wish: discover.Wish) -> list[Deb]:
        looked.append(wish)
        return [new]

    monkeypatch.setattr(discover, "closure", closure)
    made = assemble.debian_bazel()
    assert (made.version, made.locked) == ("7.7.2", False)
    assert "no longer has bazel-bootstrap 7.7.1-1 (404); looking for" in capfd.readouterr().err
    assert assemble.debian_bazel() == made
    assert looked == [WISH]


def test_lock_that_moved_on(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    """What was found instead is given up once the lock names files that are there."""
    old, new = mirror.bazel("7.7.1"), mirror.bazel("7.7.2")
    lock(old)
    mirror.forget(old)
    monkeypatch.setattr(discover, "closure", lambda _wish: [new])
    assert not assemble.debian_bazel().locked
    lock(mirror.bazel("7.8.0"))
    assert assemble.debian_bazel().version == "7.8.0"


def test_does_not_start(mirror: Mirror):
    """A Bazel that says no version is an error with a hint, and is not taken for ready."""
    lock(mirror.bazel("7.7.1", says="cannot run"))
    with pytest.raises(ToolchainError, match="does not start"):
        assemble.debian_bazel()
    assert list((cache.root() / "bazel").glob("*/.ready")) == []


def test_relock(mirror: Mirror, monkeypatch: pytest.MonkeyPatch):
    """Locking again keeps what is asked for, and takes the packages that the suite has now."""
    lock(mirror.bazel("7.7.1"))
    new = mirror.bazel("7.7.2")
    monkeypatch.setattr(discover, "closure", lambda _wish: [new])
    assemble.relock()
    assert assemble.read_lock(assemble.LOCK) == (WISH, [new])


def test_lock_comes_back(tmp_path: Path):
    """A lock that is written reads back as what was written, one package per line."""
    debs = [Deb(name, "1:2-3", f"pool/{name}.deb", "0" * 64, 7) for name in ("a", "b")]
    assemble.write_lock(tmp_path / "lock.json", WISH, debs)
    assert assemble.read_lock(tmp_path / "lock.json") == (WISH, debs)
    assert sum("sha256" in line for line in (tmp_path / "lock.json").read_text().splitlines()) == 2


def test_the_lock_of_the_checkout():
    """The real lock has Bazel, its Java and modules, each by pool path and hash, no address."""
    wish, debs = assemble.read_lock(assemble.LOCK)
    names = {deb.package for deb in debs}
    assert names >= {"bazel-bootstrap", "bazel-rules-python", "bazel-skylib", "patchelf", "libc6"}
    assert any(re.fullmatch(r"openjdk-\d+-jre-headless", name) for name in names)
    assert names.isdisjoint({*wish.unused, *wish.stand_ins})
    assert all(re.fullmatch(r"[0-9a-f]{64}", deb.sha256) for deb in debs)
    assert all(deb.path.startswith("pool/main/") for deb in debs)
    assert "://" not in assemble.LOCK.read_text()
