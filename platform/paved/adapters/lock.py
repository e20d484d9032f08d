"""A lock between processes: a file that one of them holds, and that its end sets free."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paved.errors import Conflict, Problem

_POLL_SECONDS = 0.05


@contextmanager
def held(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock `path`, a file that is made when it is not there.

    Raises:
        Conflict: another process still holds it after `seconds`.
    """
    with path.open("a") as handle:
        if not _taken(handle.fileno(), time.monotonic() + seconds):
            what = "another process is at work here"
            hint = "wait for it to end, or work in a folder of your own"
            raise Conflict(Problem(what, where=str(path.parent), hint=hint))
        yield


def _taken(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
