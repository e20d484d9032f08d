"""Reads a Debian package file: its control fields and its files. Leaves scripts alone.

The format is deb(5): an ar archive of debian-binary, control.tar.* and data.tar.*.
"""

import io
import lzma
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolchain.problems import Problem, ToolchainError

MAGIC = b"!<arch>\n"
HEADER = 60


def control(deb: Path) -> str:
    """Return the package's control fields, as text that ends in a newline."""
    with _member(deb, "control.tar") as tar:
        for info in tar:
            if info.name.removeprefix("./") == "control" and (file := tar.extractfile(info)):
                return file.read().decode("utf-8").rstrip("\n") + "\n"
    raise _broken(deb, "it has no control file")


def files(deb: Path) -> Iterator[tuple[str, tarfile.TarInfo, bytes]]:
    """Yield each entry's path without a leading `./`, its header, and its content."""
    with _member(deb, "data.tar") as tar:
        for info in tar:
            path = info.name.removeprefix("./").strip("/")
            if path not in ("", "."):
                yield path, info, _content(tar, info)


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    """Return what a file, or the file that a hard link points at, holds."""
    if not (info.isfile() or info.islnk()):
        return b""
    file = tar.extractfile(info)
    return file.read() if file else b""


@contextmanager
def _member(deb: Path, prefix: str) -> Iterator[tarfile.TarFile]:
    """Open the archive in `deb` whose name starts with `prefix`."""
    found = next((data for name, data in _members(deb) if name.startswith(prefix)), None)
    if found is None:
        raise _broken(deb, f"it has no {prefix}")
    try:
        with tarfile.open(fileobj=io.BytesIO(found), mode="r:*") as tar:
            yield tar
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise _broken(deb, f"{prefix} does not open: {error}") from error


def _members(deb: Path) -> Iterator[tuple[str, bytes]]:
    data = deb.read_bytes()
    if not data.startswith(MAGIC):
        raise _broken(deb, "it is not an ar archive")
    position = len(MAGIC)
    while position + HEADER <= len(data):
        header = data[position : position + HEADER]
        name, size = header[:16].decode("ascii").strip(" /"), int(header[48:58])
        position += HEADER
        yield name, data[position : position + size]
        position += size + size % 2


def _broken(deb: Path, why: str) -> ToolchainError:
    return ToolchainError(
        Problem(
            what=f"not a usable Debian package: {why}",
            where=str(deb),
            hint="remove it and fetch it again",
        )
    )
