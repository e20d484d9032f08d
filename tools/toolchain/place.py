"""Where the per-user cache lies. A file of its own, because a cache hit must not import more."""

import os
from pathlib import Path


def root() -> Path:
    """Return the cache folder, absolute: $PAVED_CACHE, else paved/ in the user's cache folder."""
    named = os.environ.get("PAVED_CACHE")
    if named:
        return Path(named).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base).absolute() / "paved"
