"""A tool in the cache: its folder, its receipt, and whether its bytes are still the same.

The receipt (entry.json) says where the bytes came from and their digest. It is written before
the folder appears, so a folder with a receipt is whole.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from toolchain import cache
from toolchain.locked import key
from toolchain.locked.model import Tool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of an entry.

    Args:
        source: kind of the source that it came from: deb, wheel or go.
        origin: that source's own name and version.
        seconds: how long it took to make.
        bytes: what it takes up on disk.
        digest: of all its files, by name and content.
    """

    source: str
    origin: str
    seconds: float
    bytes: int
    digest: str


def place(tool: Tool) -> Path:
    """Return the tool's folder in the cache."""
    return key.folder(cache.root(), tool.name, tool.version, tool.key)


def programs(tool: Tool) -> list[Path] | None:
    """Return the paths of the tool's programs, or None where it is not in the cache."""
    return key.programs(place(tool), list(tool.binaries))


def read(tool: Tool) -> Receipt | None:
    """Return the tool's receipt, or None where there is none that can be read."""
    try:
        return Receipt(**json.loads((place(tool) / key.RECEIPT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def seal(made: Path, source: str, origin: str, seconds: float) -> None:
    """Write the receipt of the finished folder `made`, and bring all of it to disk."""
    size = sum(path.lstat().st_size for path in made.rglob("*"))
    receipt = Receipt(source, origin, round(seconds, 3), size, digest(made))
    text = json.dumps(asdict(receipt), indent=2) + "\n"
    (made / key.RECEIPT).write_text(text, encoding="utf-8")
    cache.sync_all(made)


def digest(made: Path) -> str:
    """Return a digest over the names, modes and contents of all files but the receipt."""
    total = hashlib.sha256()
    for path in sorted(made.rglob("*")):
        name = path.relative_to(made).as_posix()
        if name != key.RECEIPT and not (path.is_dir() and not path.is_symlink()):
            total.update(f"{name}\0{_content(path)}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"link {path.readlink()}"
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{'x' if os.access(path, os.X_OK) else '-'} {content}"
