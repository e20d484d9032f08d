"""A layer's tar depends on the tree alone, and the tree has one owner for each path."""

import io
import tarfile
from pathlib import Path, PurePosixPath
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image.tree import Directory, Entry, File, Symlink, Tree
from toolchain.problems import ToolchainError

STEADY = settings(deadline=None, max_examples=40)
NAMES = st.from_regex(r"[a-c.é-]{1,3}", fullmatch=True).filter(lambda name: name not in {".", ".."})
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
ENTRIES = st.one_of(
    st.builds(Directory, st.sampled_from([0o755, 0o700, 0o1777]), st.sampled_from([0, 65532])),
    st.builds(Symlink, PATHS),
    st.builds(File, st.binary(max_size=40), st.sampled_from([0o644, 0o755])),
)


def _prefix_free(entries: dict[str, Entry]) -> dict[str, Entry]:
    """Return the entries that no file or link of the others stands above."""

    def above(path: str) -> list[str]:
        return ["/".join(parent.parts) for parent in PurePosixPath(path).parents]

    leaves = {path for path, entry in entries.items() if not isinstance(entry, Directory)}
    return {path: entry for path, entry in entries.items() if not leaves.intersection(above(path))}


TREES = st.dictionaries(PATHS, ENTRIES, max_size=8).map(_prefix_free)


def _tar(entries: list[tuple[str, Entry]]) -> bytes:
    tree, output = Tree(), io.BytesIO()
    for path, entry in entries:
        tree.add(path, entry)
    tree.write(output)
    return output.getvalue()


def _read(data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        opened = [(info, tar.extractfile(info) if info.isfile() else None) for info in tar]
        return [(info, file.read() if file else b"") for info, file in opened]


@STEADY
@given(TREES, st.randoms(use_true_random=False))
def test_order_does_not_matter(entries: dict[str, Entry], shuffled: Random):
    """The same entries in another order give the same bytes."""
    items = list(entries.items())
    first = _tar(items)
    shuffled.shuffle(items)
    assert _tar(items) == first


@STEADY
@given(TREES)
def test_what_goes_in_comes_out(entries: dict[str, Entry]):
    """Kinds, modes, targets, owners and content survive; times and names of owners are nil."""
    found = {info.name: (info, content) for info, content in _read(_tar(list(entries.items())))}
    for path, entry in entries.items():
        info, content = found[path]
        match entry:
            case Directory(mode, owner):
                assert (info.isdir(), info.mode, info.uid, info.gid) == (True, mode, owner, owner)
            case Symlink(target):
                assert (info.issym(), info.linkname) == (True, target)
            case File():
                assert (info.isfile(), info.mode, content) == (True, entry.mode, entry.content)
    assert {(info.mtime, info.uname, info.gname) for info, _ in found.values()} <= {(0, "", "")}


@STEADY
@given(TREES)
def test_parents_come_first(entries: dict[str, Entry]):
    """Each folder stands in the tar once, before what is in it."""
    names = [info.name for info, _ in _read(_tar(list(entries.items())))]
    assert len(names) == len(set(names))
    for position, name in enumerate(names):
        parent = PurePosixPath(name).parent.as_posix()
        assert parent == "." or parent in names[:position]


def test_equal_claims_are_one(tmp_path: Path):
    """Two files of the same content and mode may claim one path."""
    path = tmp_path / "file"
    path.write_bytes(b"same")
    assert _tar([("a", File(path)), ("a", File(b"same"))]) == _tar([("a", File(b"same"))])


@pytest.mark.parametrize("other", [File(b"other"), File(b"one", 0o755), Symlink("b"), Directory()])
def test_different_claims_are_refused(other: Entry):
    """Two entries that differ cannot both have a path, and the message names it."""
    tree = Tree()
    tree.add("usr/one", File(b"one"))
    with pytest.raises(ToolchainError, match="usr/one: two things claim one path"):
        tree.add("usr/one", other)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "."])
def test_a_path_stays_inside(path: str):
    """A path that is absolute, empty or climbs out of the layer is refused."""
    with pytest.raises(ToolchainError, match="outside of the layer"):
        Tree().add(path, File(b""))


@pytest.mark.parametrize("entry", [File(b""), Symlink("c")])
def test_nothing_lies_below_a_file(entry: Entry):
    """A path below a file or a link is refused: unpacking would write through it."""
    tree = Tree()
    tree.add("a", entry)
    tree.add("a/b", File(b""))
    with pytest.raises(ToolchainError, match="a file has entries below it"):
        tree.write(io.BytesIO())


def test_long_and_foreign_names_survive():
    """Names that the old format cannot hold are written so that tar reads them back."""
    name = "/".join(["päth" * 20] * 5) + "/file"
    assert name in [info.name for info, _ in _read(_tar([(name, File(b"x"))]))]
