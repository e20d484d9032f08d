#!/usr/bin/env python3
"""Fetches the locked tools of tools.lock.json into the per-user cache.

    fetch.py tool [--json] NAME...    print the paths of tools, fetching what is missing
    fetch.py list [--json]            what is locked, and what of it is in the cache
    fetch.py verify [--json]          compare what is in the cache with what was fetched
    fetch.py lock [NAME[=VERSION]...] look up what the registries have, and rewrite the lock
    fetch.py add NAME ...             add an entry to the lock; see fetch.py add --help

Data goes to stdout, progress to stderr; with --json an error is one line of JSON on stderr. Exit
status: 0 done, 2 wrong usage, 4 something cannot be had on this machine, 130 interrupted. Needs
Python >= 3.11 and nothing else.
"""

import json
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs it may have any Python
    sys.exit("error: Python is too old\n  expected: 3.11 or newer\n  hint: apt-get install python3")
sys.path[0] = str(Path(__file__).resolve().parents[1])

from toolchain.locked import key  # noqa: E402
from toolchain.place import root  # noqa: E402

LOCK = Path(__file__).resolve().with_name("tools.lock.json")


def hit(arguments: list[str]) -> str | None:
    """Return what `tool` prints where all it asks for is in the cache, at the least cost."""
    command, *names = arguments or [""]
    as_json = names[:1] == ["--json"]
    wanted = names[as_json:]
    if command != "tool" or not wanted or any(name.startswith("-") for name in wanted):
        return None
    try:
        found = key.hit(root(), LOCK.read_text(encoding="utf-8"), wanted)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the long way round explains what is wrong
    if found is None:
        return None
    return json.dumps(found) if as_json else "\n".join(p for paths in found.values() for p in paths)


def main() -> None:
    """Answer from the cache, or do what the arguments say."""
    answer = hit(sys.argv[1:])
    if answer is None:
        from toolchain.locked import commands  # noqa: PLC0415 - a hit does not need them
        from toolchain.problems import run  # noqa: PLC0415

        run(commands.main)
    else:
        print(answer)


if __name__ == "__main__":
    main()
