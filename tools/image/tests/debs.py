"""Makes Debian package files in the format of deb(5), for tests that need odd ones."""

import io
import lzma
import tarfile
from pathlib import Path

CONTROL = "Package: {name}\nVersion: 1\nArchitecture: all\n"


def directory(mode: int = 0o755) -> tarfile.TarInfo:
    """Return a folder's header."""
    info = tarfile.TarInfo()
    info.type, info.mode = tarfile.DIRTYPE, mode
    return info


def link(target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    """Return the header of a symbolic or a hard link."""
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def deb(folder: Path, name: str, content: dict[str, bytes | tarfile.TarInfo]) -> Path:
    """Write the package `name`, whose entries are files (bytes, mode 0640) or headers."""
    control = {"control": CONTROL.format(name=name).encode()}
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": lzma.compress(_tar({**control})),
        "data.tar.xz": lzma.compress(_tar(content)),
    }
    path = folder / f"{name}.deb"
    path.write_bytes(b"!<arch>\n" + b"".join(_member(*item) for item in members.items()))
    return path


def _tar(content: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for name, entry in content.items():
            info = tarfile.TarInfo() if isinstance(entry, bytes) else entry
            info.name, info.uid, info.mtime = f"./{name}", 1000, 1_700_000_000
            data = entry if isinstance(entry, bytes) else b""
            if isinstance(entry, bytes):
                info.size, info.mode = len(data), 0o640
            tar.addfile(info, io.BytesIO(data))
    return output.getvalue()


def _member(name: str, data: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return header + data + b"\n" * (len(data) % 2)
