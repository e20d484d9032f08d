"""What a layer is: its digest, the digest of its uncompressed tar, its size, its compression.

The file itself is never changed: a compressed layer stays the bytes that it was.

    python3 -m oci_layout.layer LAYER OUTPUT
"""

import gzip
import hashlib
import json
import tarfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, cast

from oci_layout.errors import LayoutError, run
from oci_layout.layout import LAYER, decode

CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
REFUSED = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer's `digest` and `diff_id` (`sha256:<hex>`), size in bytes, media type."""

    digest: str
    diff_id: str
    size: int
    media_type: str


def describe(path: Path) -> Layer:
    """Return what the layer at `path` is: a tar file, uncompressed or gzip."""
    with path.open("rb") as file:
        magic = file.read(8)
        for prefix, name in REFUSED.items():
            if magic.startswith(prefix):
                raise LayoutError(path, f"a layer compressed with {name} is not supported", _HINT)
        digest, size = _sum(file, path)
        if not magic.startswith(GZIP):
            _require_tar(file, path)
            return Layer(digest, digest, size, LAYER)
        file.seek(0)
        with gzip.open(file) as unpacked:
            return Layer(
                digest, _unpacked_sum(cast("IO[bytes]", unpacked), path), size, LAYER + "+gzip"
            )


def load(path: Path) -> Layer:
    """Return the layer that `main` described in the file `path`."""
    fields = decode(path.read_bytes(), path)
    digest, diff_id, size, media_type = (
        fields.get(key) for key in ("digest", "diff_id", "size", "media_type")
    )
    if (
        isinstance(digest, str)
        and isinstance(diff_id, str)
        and isinstance(size, int)
        and isinstance(media_type, str)
    ):
        return Layer(digest, diff_id, size, media_type)
    raise LayoutError(path, "not the description of a layer")


_HINT = "give an uncompressed tar or a gzip"


def _unpacked_sum(file: IO[bytes], path: Path) -> str:
    try:
        _require_tar(file, path)
        return _sum(file, path)[0]
    except (OSError, EOFError, zlib.error) as error:
        raise LayoutError(path, f"not a gzip file: {error}", _HINT) from error


def _require_tar(file: IO[bytes], path: Path) -> None:
    """Look at the first header: a tar starts with a valid one, or with a block of zeros."""
    file.seek(0)
    head = file.read(tarfile.BLOCKSIZE)
    if head == bytes(tarfile.BLOCKSIZE):
        return
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.TarError as error:
        raise LayoutError(path, f"not a tar file: {error}", _HINT) from error


def _sum(file: IO[bytes], path: Path) -> tuple[str, int]:
    file.seek(0)
    hashed, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        hashed.update(chunk)
        size += len(chunk)
    if not size:
        raise LayoutError(path, "the layer is empty", _HINT)
    return f"sha256:{hashed.hexdigest()}", size


def main(arguments: list[str]) -> int:
    """Describe the layer `arguments[0]` in the file `arguments[1]`."""
    source, output = map(Path, arguments)
    output.write_text(json.dumps(asdict(describe(source)), sort_keys=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    run(main)
