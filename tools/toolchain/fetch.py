#!/usr/bin/env python3
"""Fetches the locked tools of tools.lock.json into the per-user cache.

    fetch.py tool NAME...    print the paths of the tools' programs, fetching what is missing
    fetch.py list [--json]   what is locked, and what of it is in the cache
    fetch.py verify          compare what is in the cache with what was fetched
    fetch.py lock [NAME...]  look up what the registries have now, and rewrite the lock

Data goes to stdout, progress to stderr. Exit status: 0 done, 2 wrong usage, 4 something cannot
be had on this machine, 130 interrupted. Needs Python >= 3.11 and nothing else.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from toolchain.locked import key  # noqa: E402
from toolchain.place import root  # noqa: E402

LOCK = Path(__file__).resolve().with_name("tools.lock.json")


def hit(arguments: list[str]) -> list[Path] | None:
    """Return what `tool NAME...` prints where all is in the cache, at the least cost."""
    if arguments[:1] != ["tool"] or len(arguments) == 1:
        return None
    try:
        return key.hit(root(), LOCK.read_text(encoding="utf-8"), arguments[1:])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the long way round explains what is wrong


def main() -> None:
    """Answer from the cache, or do what the arguments say."""
    found = hit(sys.argv[1:])
    if found is None:
        from toolchain.locked import commands  # noqa: PLC0415 - a hit does not need them
        from toolchain.problems import run  # noqa: PLC0415

        run(commands.main)
    else:
        print(*found, sep="\n")


if __name__ == "__main__":
    main()
