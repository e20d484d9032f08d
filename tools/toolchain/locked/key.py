"""Where a lock entry lies in the cache, and whether it is there: the path that has to be quick.

Imports next to nothing, because every use of a locked tool comes through here first. The lock is
not checked here (see `lockfile`): an entry that does not look right is simply not found.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

LAYOUT = 1  # of an entry's folder: bin/, licenses/, tree/ where one is kept, entry.json
RECEIPT = "entry.json"
DESCRIPTIVE = frozenset({"purpose"})


def key(document: Mapping[str, object]) -> str:
    """Return the key of a lock entry: a hash of all that decides which bytes it gives."""
    decisive = {name: value for name, value in document.items() if name not in DESCRIPTIVE}
    text = json.dumps([LAYOUT, decisive], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def folder(root: Path, name: str, version: str, entry_key: str) -> Path:
    """Return an entry's folder in the cache at `root`."""
    return root / "tools" / name / f"{version}-{entry_key}"


def programs(place: Path, names: list[str]) -> list[Path] | None:
    """Return the paths of an entry's programs, or None where the entry is not whole."""
    if not (place / RECEIPT).is_file():
        return None
    paths = [place / "bin" / name for name in names]
    return paths if all(os.access(path, os.X_OK) for path in paths) else None


def hit(root: Path, lock: str, wanted: list[str]) -> dict[str, list[str]] | None:
    """Return the programs of each of the tools `wanted`, or None unless all are in the cache.

    Args:
        root: the cache.
        lock: the text of the lock.
        wanted: names of tools.
    """
    entries = {entry["name"]: entry for entry in json.loads(lock)["tools"]}
    found: dict[str, list[str]] = {}
    for name in wanted:
        entry = entries[name]
        paths = programs(folder(root, name, entry["version"], key(entry)), entry["binaries"])
        if paths is None:
            return None
        found[name] = list(map(str, paths))
    return found
