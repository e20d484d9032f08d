"""Finds a Go that is new enough: the machine's own, else the locked one."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from toolchain.problems import Problem, ToolchainError, Unfit, note


def find(lowest: str, locked_go: Callable[[], Path]) -> Path:
    """Return a `go` of at least version `lowest`.

    Args:
        lowest: a version such as 1.26.0.
        locked_go: fetches the locked one.

    Raises:
        Unfit: there is no such Go, and the locked one could not be had either.
    """
    own = shutil.which("go")
    version = _version(own) if own else ""
    if own and number(version) >= number(lowest):
        return Path(own)
    found = f"Go on PATH is {version or 'one that does not run'}" if own else "no Go is on PATH"
    note(f"{found}; {lowest} or newer is needed: taking the locked one")
    try:
        return locked_go()
    except ToolchainError as error:
        raise Unfit(_no_go(found, lowest), *error.problems) from error


def number(version: str) -> tuple[int, ...]:
    """Return a Go version for comparing: 1.26 = 1.26.0, and 1.27rc1 comes before 1.27.0."""
    release, *candidate = re.split(r"rc|beta", re.split("[- ]", version)[0], maxsplit=1)
    parts = [int(part) for part in re.findall(r"\d+", release)]
    return (*[*parts, 0, 0, 0][:3], -1 if candidate else 0)


def _version(go: str) -> str:
    environ = {**os.environ, "GOTOOLCHAIN": "local"}
    try:
        done = subprocess.run(
            [go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=environ
        )
    except OSError:
        return ""
    return done.stdout.strip().removeprefix("go")


def _no_go(found: str, lowest: str) -> Problem:
    return Problem(
        what=f"{found}, and the locked one could not be had",
        where="go",
        expected=f"Go {lowest} or newer",
        hint="install it and put it on PATH, or mend the cause below",
    )
