"""Bazel's state for tours: kept between them, and never shared by two at once."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path


@contextmanager
def slot(folder: Path, tell: Callable[[str], None]) -> Iterator[Path]:
    """Yield an output base that no other tour uses while the block lasts.

    The kernel drops the lock of a killed tour, so that its slot is free again.

    Args:
        folder: holds the slots.
        tell: is told when another tour has the first one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        handle = os.open(folder / f"slot-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            tell("another tour is under way: this one fetches for itself, and takes longer")
            continue
        try:
            yield folder / f"slot-{number}"
        finally:
            os.close(handle)
        return
