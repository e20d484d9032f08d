"""Locked tools (tools/toolchain): where a program is, fetched on first use.

The fetcher is a program of its own, because it also runs where none of this can be imported.
Its progress is shown as it comes; its errors become this toolkit's.
"""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from paved.adapters import children
from paved.errors import EnvironmentProblem, Problem

GRACE_SECONDS = 20
FETCHER = Path(__file__).absolute().parents[3] / "tools" / "toolchain" / "fetch.py"


@dataclass(frozen=True, slots=True)
class LockedTool:
    """One entry of the lock of tools.

    Args:
        name: what it is asked for by.
        version: its upstream version.
        purpose: what it is for.
        source: deb, wheel or go: where it came from, or would come from first.
        cached: whether it is in the cache.
        bytes: what it takes up there.
        paths: its programs there, the main one first.
    """

    name: str
    version: str
    purpose: str
    source: str
    cached: bool
    bytes: int
    paths: tuple[Path, ...]


class _Trouble(BaseModel):
    what: str
    where: str = ""
    expected: str = ""
    hint: str = ""


class _Failure(BaseModel):
    problems: list[_Trouble]


def tool(name: str) -> Path:
    """Return the main program of the locked tool `name`: $PAVED_TOOL_<NAME>, else from the cache.

    Raises:
        EnvironmentProblem: there is no such tool, or it cannot be had on this machine.
    """
    variable = f"PAVED_TOOL_{name.upper().replace('-', '_')}"
    named = os.environ.get(variable)
    if not named:
        return fetch([name])[name][0]
    if not os.access(named, os.X_OK) or Path(named).is_dir():
        problem = Problem(
            what="is not a program",
            where=f"${variable}={named}",
            expected=f"the path of {name}",
            hint=f"unset {variable} to use the locked {name}",
        )
        raise EnvironmentProblem(problem)
    return Path(named).absolute()


def fetch(names: Sequence[str]) -> Mapping[str, tuple[Path, ...]]:
    """Return the programs of each tool in `names`, the main one first; errors as in `tool`."""
    return _fetch(tuple(names))


@functools.cache
def _fetch(names: tuple[str, ...]) -> Mapping[str, tuple[Path, ...]]:
    return TypeAdapter(dict[str, tuple[Path, ...]]).validate_json(_call("tool", "--json", *names))


def listing() -> list[LockedTool]:
    """Return every locked tool, in order of name."""
    return TypeAdapter(list[LockedTool]).validate_json(_call("list", "--json"))


def verify() -> Mapping[str, str]:
    """Return for each tool whether the cache holds it `unchanged`, or it is `absent`.

    Raises:
        EnvironmentProblem: some are not what was fetched.
    """
    return TypeAdapter(dict[str, str]).validate_json(_call("verify", "--json"))


def _call(*arguments: str) -> str:
    """Run the fetcher and return its stdout; what it says meanwhile goes to stderr."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    pipe = subprocess.PIPE
    failure = ""
    with (
        subprocess.Popen(
            [sys.executable, FETCHER, *arguments],
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=environ,
            process_group=0,
        ) as process,
        children.ending_early(process, signal.SIGINT, GRACE_SECONDS),
    ):
        for line in process.stderr or ():
            if line.startswith('{"error"'):
                failure = line
            else:
                sys.stderr.write(line)
                sys.stderr.flush()
        answer = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise _error(failure, process.returncode)
    return answer


def _error(failure: str, status: int) -> EnvironmentProblem:
    try:
        found = _Failure.model_validate_json(failure or "{}").problems
    except ValidationError:
        found = []
    problems = [Problem(each.what, each.where, each.expected, each.hint) for each in found]
    ended = Problem(what=f"ended with exit status {status}", where=str(FETCHER))
    return EnvironmentProblem(*(problems or [ended]))
