"""Fetching and unpacking packages, from a mirror on loopback through the real apt-helper."""

import dataclasses
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain import apthelper, cache, debian, downloads
from toolchain.debian import Deb
from toolchain.problems import Gone, Offline, ToolchainError
from toolchain.testing.registry import Registry

MakeDeb = Callable[..., Deb]


@pytest.fixture
def partial(loopback: Registry) -> Path:  # noqa: ARG001 - points the cache elsewhere
    """Return the folder that apt downloads into, made."""
    folder = cache.root() / "debs" / "partial"
    folder.mkdir(parents=True)
    return folder


def test_fetched_once(loopback: Registry, make_deb: MakeDeb):
    """A package comes by its hash, is recorded, and is not asked for again."""
    deb = make_deb("one", "1.0+b1-1")
    [first], asked = debian.fetch([deb]), len(loopback.asked)
    [second] = debian.fetch([deb])
    assert first == second
    assert first.stat().st_size == deb.size
    assert (asked, len(loopback.asked)) == (1, 1)
    assert f'"bytes": {deb.size}' in downloads.path().read_text()


def test_gone(make_deb: MakeDeb):
    """A file that the mirror lacks is named with its version; what it has is kept."""
    here, lost = make_deb("here"), make_deb("lost", "2.0+b1-1")
    moved = dataclasses.replace(lost, path="pool/main/moved+b1.deb")
    with pytest.raises(Gone) as raised:
        debian.fetch([here, moved])
    [problem] = raised.value.problems
    assert "lost 2.0+b1-1" in problem.what
    assert problem.hint
    assert [path.stem for path in (cache.root() / "debs").glob("*.deb")] == [here.sha256]


def test_gone_from_the_first_mirror(
    monkeypatch: pytest.MonkeyPatch, loopback: Registry, make_deb: MakeDeb
):
    """What the first of apt's mirrors lacks is taken from the next."""
    deb = make_deb("one")
    bases = [f"{loopback.url}/empty/", f"{loopback.url}/debian/"]
    monkeypatch.setattr("toolchain.mirror.mirrors", lambda *, security: [] if security else bases)
    assert debian.fetch([deb])[0].is_file()
    assert loopback.asked == ["/empty/" + deb.path, "/debian/" + deb.path]


def test_wrong_hash(make_deb: MakeDeb):
    """Another file than the locked one is refused, and nothing of it stays."""
    deb = dataclasses.replace(make_deb("one"), sha256="0" * 64)
    with pytest.raises(ToolchainError) as raised:
        debian.fetch([deb])
    [problem] = raised.value.problems
    assert "hash does not match" in problem.what
    assert problem.expected == f"sha256 {'0' * 64}"
    assert [path for path in (cache.root() / "debs").rglob("*") if path.is_file()] == []


def test_every_problem_at_once(make_deb: MakeDeb):
    """A missing file and a wrong one are both told of, in one error."""
    wrong = dataclasses.replace(make_deb("wrong"), sha256="0" * 64)
    gone = dataclasses.replace(make_deb("gone"), path="pool/main/none.deb")
    with pytest.raises(ToolchainError) as raised:
        debian.fetch([wrong, gone])
    assert not isinstance(raised.value, Gone)
    assert len(raised.value.problems) == 2


def test_unreachable(monkeypatch: pytest.MonkeyPatch, make_deb: MakeDeb):
    """A mirror that does not answer gives one problem, with apt's reason, for all files."""
    debs = [make_deb("one"), make_deb("two")]
    monkeypatch.setenv("PAVED_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(Offline) as raised:
        debian.fetch(debs)
    [problem] = raised.value.problems
    assert "Could not connect to 127.0.0.1:9" in problem.what


def test_no_apt(monkeypatch: pytest.MonkeyPatch, make_deb: MakeDeb):
    """A machine without apt is told so, not shown a traceback."""
    deb = make_deb("one")
    monkeypatch.setattr(apthelper, "PROGRAM", "/nowhere/apt-helper")
    with pytest.raises(ToolchainError, match="apt is not on this machine"):
        debian.fetch([deb])


def test_damaged_in_the_cache(make_deb: MakeDeb):
    """A cached file that has changed on disk is fetched again."""
    deb = make_deb("one")
    [path] = debian.fetch([deb])
    path.write_bytes(b"y" * deb.size)
    [again] = debian.fetch([deb])
    assert again.read_bytes() != b"y" * deb.size


def test_whole_file_of_a_killed_run(
    loopback: Registry, make_deb: MakeDeb, partial: Path, tmp_path: Path
):
    """A file that a killed run had brought in full is adopted without asking the mirror."""
    deb = make_deb("one")
    shutil.copy(tmp_path / "one.deb", partial / deb.sha256)
    [path] = debian.fetch([deb])
    assert path.stat().st_size == deb.size
    assert loopback.asked == []


def test_part_of_a_file_of_a_killed_run(make_deb: MakeDeb, partial: Path, tmp_path: Path):
    """A file that a killed run had brought in part ends up whole."""
    deb = make_deb("one", content=bytes(50_000))
    half = (tmp_path / "one.deb").read_bytes()[: deb.size // 2]
    (partial / deb.sha256).write_bytes(half)
    [path] = debian.fetch([deb])
    assert path.read_bytes() == (tmp_path / "one.deb").read_bytes()
    assert list(partial.iterdir()) == []


def test_installed_whole(make_deb: MakeDeb, tmp_path: Path):
    """Packages are unpacked together at one place, without what is left out."""
    place = debian.install(
        [make_deb("one"), make_deb("two")], tmp_path / "a place", ["./usr/share/doc"]
    )
    files = sorted(str(p.relative_to(place)) for p in place.rglob("*") if p.is_file())
    assert files == ["usr/share/one/file", "usr/share/two/file"]


def test_damaged_package_is_not_installed(loopback: Registry, make_deb: MakeDeb, tmp_path: Path):
    """A package that does not unpack leaves no place behind, and the error names its file."""
    deb = make_deb("one")
    broken = loopback.files[f"/debian/{deb.path}"] = b"!<arch>\nnot a package\n"
    bad = dataclasses.replace(deb, sha256=hashlib.sha256(broken).hexdigest(), size=len(broken))
    with pytest.raises(ToolchainError, match="cannot be unpacked") as raised:
        debian.install([bad], tmp_path / "place")
    assert raised.value.problems[0].where.endswith(f"{bad.sha256}.deb")
    assert [p.name for p in tmp_path.iterdir() if "place" in p.name] == []


def test_unpacks_what_dpkg_unpacks(make_deb: MakeDeb, tmp_path: Path):
    """The unpacked files are those that dpkg-deb itself lists."""
    deb = make_deb("one")
    [archive] = debian.fetch([deb])
    (tmp_path / "tree").mkdir()
    debian.unpack([archive], tmp_path / "tree")
    listed = subprocess.run(["dpkg-deb", "-c", archive], capture_output=True, text=True, check=True)
    names = {line.split(maxsplit=5)[5].rstrip("/") for line in listed.stdout.splitlines()}
    found = {f"./{path.relative_to(tmp_path / 'tree')}" for path in (tmp_path / "tree").rglob("*")}
    assert names - {"."} == found
