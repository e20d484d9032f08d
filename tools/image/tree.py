"""A layer's content as a tree, and its one tar file: same tree, same bytes.

Entries are sorted; owner, group and times are zero unless a path names its owner. Where two
entries claim one path they have to agree.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from toolchain.problems import Problem, ToolchainError

DIRECTORY_MODE = 0o755


@dataclass(frozen=True, slots=True)
class Directory:
    """A folder, its mode, and the number of its owner and group."""

    mode: int = DIRECTORY_MODE
    owner: int = 0


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link to `target`, as written."""

    target: str


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: its content, or the file that has it, and its mode."""

    content: bytes | Path
    mode: int = 0o644

    def digest(self) -> bytes:
        """Return the sha256 of the content."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).digest()
        with self.content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()


Entry = Directory | Symlink | File


class Tree:
    """Paths, relative and without `.` and `..`, and what is there."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: dict[str, Entry] = {}

    def add(self, path: str, entry: Entry) -> None:
        """Put `entry` at `path`; its parents appear when the tree is written.

        Raises:
            ToolchainError: the path leaves the tree, or holds something else already.
        """
        parts = PurePosixPath(path).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise ToolchainError(Problem(what="a path outside of the layer", where=path))
        name = "/".join(parts)
        there = self._entries.get(name)
        if there is not None and not _agree(there, entry):
            raise ToolchainError(_conflict(name, there, entry))
        self._entries.setdefault(name, entry)

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Yield paths and entries, parents first, otherwise in the order of the parts' names."""
        parents = {
            "/".join(parent.parts): Directory()
            for path in self._entries
            for parent in PurePosixPath(path).parents
            if parent.parts
        }
        entries = {**parents, **self._entries}
        for path in parents:
            if not isinstance(entries[path], Directory):
                raise ToolchainError(Problem(what="a file has entries below it", where=path))
        for path in sorted(entries, key=lambda path: path.split("/")):
            yield path, entries[path]

    def write(self, output: IO[bytes]) -> None:
        """Write the tree as an uncompressed tar."""
        with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, entry in self.items():
                _write(tar, tarfile.TarInfo(path), entry)


def _write(tar: tarfile.TarFile, info: tarfile.TarInfo, entry: Entry) -> None:
    match entry:
        case Directory():
            info.type, info.mode = tarfile.DIRTYPE, entry.mode
            info.uid = info.gid = entry.owner
            tar.addfile(info)
        case Symlink():
            info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, entry.target
            tar.addfile(info)
        case File(content=bytes() as content):
            info.mode, info.size = entry.mode, len(content)
            tar.addfile(info, io.BytesIO(content))
        case File(content=Path() as source):
            info.mode, info.size = entry.mode, source.stat().st_size
            with source.open("rb") as file:
                tar.addfile(info, file)


def _agree(one: Entry, other: Entry) -> bool:
    if isinstance(one, File) and isinstance(other, File):
        return one.mode == other.mode and one.digest() == other.digest()
    return one == other


def _conflict(path: str, there: Entry, entry: Entry) -> Problem:
    return Problem(
        what=f"two things claim one path: {_name(there)} and {_name(entry)}",
        where=path,
        expected="one owner for each path of a layer",
    )


def _name(entry: Entry) -> str:
    match entry:
        case File(content=Path() as source):
            return str(source)
        case File(content=bytes() as content):
            return f"{len(content)} bytes"
    return repr(entry)
