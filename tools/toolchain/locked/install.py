"""Brings a locked tool into the cache: the first of its sources that works.

A source gives way to the next one when its bytes cannot be had here (it left the mirror, no
network, not for this machine, the program does not run). A hash that does not match or a full
disk ends the attempt: neither is something to work around silently.
"""

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from toolchain import cache
from toolchain.locked import entry, gomodule, gotoolchain, package, wheel
from toolchain.locked.model import DebSource, GoSource, Source, Tool, WheelSource
from toolchain.problems import Gone, Offline, Problem, ToolchainError, Unfit, note

GIVES_WAY = (Gone, Offline, Unfit)
CHECK_SECONDS = 60


def ensure(name: str, tools: Sequence[Tool]) -> list[Path]:
    """Return the programs of the tool `name`, the main one first, fetching it on first use.

    Args:
        name: which of `tools`.
        tools: the lock; one tool may need another (Go) to be built.

    Raises:
        ToolchainError: there is no such tool, or no source gave it.
    """
    tool = find(name, tools)
    found = entry.programs(tool)
    if found:
        return found
    with cache.lock(f"{tool.name}-{tool.version}-{tool.key}") as lock:
        found = entry.programs(tool)
        return found or _make(tool, tools, lock)


def find(name: str, tools: Sequence[Tool]) -> Tool:
    """Return the tool of that name."""
    for tool in tools:
        if tool.name == name:
            return tool
    names = ", ".join(tool.name for tool in tools)
    raise ToolchainError(
        Problem(what="is not a locked tool", where=name, expected=f"one of {names}")
    )


def _make(tool: Tool, tools: Sequence[Tool], lock: int) -> list[Path]:
    place = entry.place(tool)
    with cache.full_disk(place), cache.staging(place) as folder:
        made = _first_that_works(tool, tools, folder, lock)
        if place.exists():  # whole no more: a program was removed or made unusable
            place.rename(folder / "damaged")
        cache.publish(made, place)
    return [place / "bin" / name for name in tool.binaries]


def _first_that_works(tool: Tool, tools: Sequence[Tool], folder: Path, lock: int) -> Path:
    """Return the finished folder of the first source that works, made in `folder`."""
    problems: list[Problem] = []
    for source in tool.sources:
        made = folder / "entry"
        if problems:
            note(f"{tool.name}: {problems[-1].what}; instead it comes from {describe(source)}")
        try:
            return _from_source(source, tool, tools, made, lock)
        except GIVES_WAY as error:
            problems += [_with_command(problem, error, tool) for problem in error.problems]
            shutil.rmtree(made, ignore_errors=True)
    raise ToolchainError(*problems)


def _with_command(problem: Problem, error: ToolchainError, tool: Tool) -> Problem:
    """Name the command that renews a pin which its registry has dropped."""
    if not isinstance(error, Gone):
        return problem
    renew = f"renew the pin: python3 tools/toolchain/fetch.py lock {tool.name}"
    return replace(problem, hint=f"{renew}; or {problem.hint}")


def _from_source(source: Source, tool: Tool, tools: Sequence[Tool], made: Path, lock: int) -> Path:
    start = time.monotonic()
    (made / "bin").mkdir(parents=True)
    match source:
        case DebSource():
            package.unpack(source, made)
        case WheelSource():
            wheel.unpack(source, made, lock)
        case GoSource():
            go = gotoolchain.find(source.go, lambda: ensure("go", tools)[0])
            gomodule.build(source, go, made / "bin" / tool.binaries[0], lock)
    _check(tool, made)
    seconds = time.monotonic() - start
    entry.seal(made, kind(source), describe(source), seconds)
    note(f"{tool.name} {tool.version}: from {describe(source)} in {seconds:.1f} s")
    return made


def _check(tool: Tool, made: Path) -> None:
    """Run the main program once: one made for another system must not enter the cache."""
    program = made / "bin" / tool.binaries[0]
    try:
        done = subprocess.run(
            [program, *tool.check],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CHECK_SECONDS,
            check=False,
        )
    except OSError as error:
        raise Unfit(_does_not_run(tool, str(error))) from error
    except subprocess.TimeoutExpired as error:
        raise Unfit(_does_not_run(tool, f"no end after {CHECK_SECONDS} s")) from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Unfit(_does_not_run(tool, f"exit status {done.returncode} {' '.join(last)}"))


def _does_not_run(tool: Tool, reason: str) -> Problem:
    return Problem(
        what=f"the fetched {tool.binaries[0]} does not run on this machine: {reason}",
        where=tool.name,
        expected=f"`{' '.join((tool.binaries[0], *tool.check))}` to succeed",
        hint="locked tools are for Linux on amd64, Debian 12 or newer",
    )


def kind(source: Source) -> str:
    """Return the source's kind, as the lock calls it."""
    return {DebSource: "deb", WheelSource: "wheel", GoSource: "go"}[type(source)]


def describe(source: Source) -> str:
    """Return the source in a few words, for people."""
    match source:
        case DebSource():
            return f"Debian's package {source.deb.package} {source.deb.version}"
        case WheelSource():
            return f"the wheel {source.distribution} {source.version}"
        case GoSource():
            return f"the Go module {source.module} {source.version}"
