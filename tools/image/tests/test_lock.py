"""How the base's lock is read, made anew, and fetched from."""

from pathlib import Path

import pytest

from image import fetch, refresh
from image.lock import dump, load
from image.refresh import closure, index
from toolchain.problems import ToolchainError

INDEX = """\
Package: python3.11
Version: 3.11.2-6
Depends: python3.11-minimal (= 3.11.2-6), media-types | mime-support, awk, libc6:any (>= 2.3)
Filename: pool/p/python3.11.deb
Size: 10
SHA256: aa

Package: python3.11-minimal
Version: 3.11.2-6
Pre-Depends: libc6 (>= 2.3)
Filename: pool/p/minimal.deb
Size: 11
SHA256: bb

Package: libc6
Version: 2.36
Filename: pool/g/libc6.deb
Size: 12
SHA256: cc

Package: mime-support
Version: 1
Filename: pool/m/mime.deb
Size: 13
SHA256: dd
"""
LOCK = """\
{"suite": "bookworm", "architecture": "amd64", "roots": ["python3.11"], "left_out": {"awk": "no"},
 "packages": []}
"""


def test_the_closure_takes_what_can_be_had():
    """Dependencies are followed past what is left out, by the first alternative that exists."""
    found = closure(index(INDEX), ("python3.11",), frozenset({"awk"}))
    names = [deb.package for deb in found]
    assert names == ["libc6", "mime-support", "python3.11", "python3.11-minimal"]
    assert (found[0].version, found[0].path, found[0].sha256, found[0].size) == (
        "2.36",
        "pool/g/libc6.deb",
        "cc",
        12,
    )


def test_what_is_missing_is_told_at_once():
    """Every package that the index lacks is named, with who needs it."""
    with pytest.raises(ToolchainError) as error:
        closure(index(INDEX), ("python3.11", "nothing"), frozenset())
    assert [problem.where for problem in error.value.problems] == ["awk", "nothing"]
    assert "which python3.11 need" in str(error.value)


def test_the_lock_survives_the_file(tmp_path: Path):
    """A lock that was written is read back the same, sorted."""
    path = tmp_path / "lock.json"
    path.write_text(LOCK)
    lock = load(path)
    path.write_text(dump(lock))
    assert load(path) == lock


def test_the_committed_lock_is_whole():
    """The lock in the repository is written as `refresh` writes it, and has all its roots."""
    path = Path(refresh.__file__).with_name("base.lock.json")
    lock = load(path)
    assert path.read_text() == dump(lock)
    packages = {deb.package for deb in lock.packages}
    assert set(lock.roots) <= packages
    assert packages.isdisjoint(dict(lock.left_out))
    assert all(deb.path.startswith("pool/main/") for deb in lock.packages)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"suite": 1}', LOCK.replace("[]", '[{"a": 1}]')])
def test_another_file_is_no_lock(tmp_path: Path, text: str):
    """A file that is not a lock is refused by its name."""
    path = tmp_path / "lock.json"
    path.write_text(text)
    with pytest.raises(ToolchainError, match=r"lock\.json: not a lock of Debian packages"):
        load(path)


def test_refresh_writes_the_closure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The command keeps roots and reasons, and replaces the packages."""
    path, packages = tmp_path / "lock.json", tmp_path / "Packages"
    path.write_text(LOCK)
    packages.write_text(INDEX)
    monkeypatch.setattr(refresh, "LOCK", path)
    monkeypatch.setattr(load, "__defaults__", (path,))
    assert refresh.main(["--index", str(packages)]) == 0
    lock = load(path)
    assert (lock.roots, lock.left_out) == (("python3.11",), (("awk", "no"),))
    assert len(lock.packages) == 4


def test_fetching_fills_a_folder_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Packages that are in the per-user cache are put into the folder without any network."""
    monkeypatch.setenv("PAVED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PAVED_DEBIAN_MIRROR", "http://127.0.0.1:9")
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of b"x"
    cached = tmp_path / "cache" / "debs" / f"{digest}.deb"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"x")
    entry = {"package": "p", "version": "1", "path": "pool/p.deb", "sha256": digest, "size": 1}
    path = tmp_path / "lock.json"
    path.write_text(LOCK.replace("[]", str([entry]).replace("'", '"')))
    (tmp_path / "out").mkdir()
    assert fetch.main([str(path), str(tmp_path / "out")]) == 0
    assert fetch.main([str(path), str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "p.deb").read_bytes() == b"x"
