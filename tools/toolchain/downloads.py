"""A record of what went over the network: one JSON line per download in downloads.jsonl.

A line has `name`, `bytes`, `seconds` and `fresh`: true for bytes that came over the network,
false for what was needed and found in a cache further down. Whoever measures a run reads the
lines that the run has added (`size` before, `since` after).
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from toolchain.place import root


def path() -> Path:
    """Return the file that holds the record."""
    return root() / "downloads.jsonl"


def record(name: str, size: int, seconds: float, *, fresh: bool = True) -> None:
    """Add one line. A disk that is full loses the line: the record never stops a download.

    Args:
        name: what was downloaded, for people.
        size: bytes.
        seconds: how long it took.
        fresh: whether it came over the network.
    """
    line = {"name": name, "bytes": size, "seconds": round(seconds, 3), "fresh": fresh}
    with suppress(OSError):
        path().parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, json.dumps(line).encode() + b"\n")
        finally:
            os.close(descriptor)


def size() -> int:
    """Return how long the record is now, in bytes; 0 where there is none."""
    try:
        return path().stat().st_size
    except FileNotFoundError:
        return 0


def since(start: int) -> Iterator[Mapping[str, object]]:
    """Yield the lines added after `start` (see `size`); a line cut by a full disk is left out."""
    with suppress(FileNotFoundError), path().open("rb") as file:
        file.seek(start)
        for line in file:
            with suppress(ValueError):
                yield json.loads(line)
