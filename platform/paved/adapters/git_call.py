"""How git is called, how its answers are split, and what its words of failure mean.

`paved.adapters.git` says what is asked of it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from paved.adapters.process import Done, run
from paved.errors import EnvironmentProblem, Problem

LOCAL_SECONDS = 60.0
_KEPT = ("GIT_SSH", "GIT_ASKPASS", "GIT_CONFIG_", "GIT_SSL_", "GIT_EXEC_PATH")
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "init.defaultBranch=main",
)


def call(
    args: tuple[str, ...],
    folder: Path,
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    seconds: float = LOCAL_SECONDS,
) -> Done:
    """Run git in `folder`; EnvironmentProblem when it is absent or does not end in time."""
    git = shutil.which("git")
    if git is None:
        hint = "install git with the system's package manager"
        raise EnvironmentProblem(Problem("git is not installed", hint=hint))
    options = [word for setting in _SETTINGS for word in ("-c", setting)]
    all_env = _environment() | dict(env or {})
    return run([git, *options, *args], folder=folder, env=all_env, seconds=seconds, stdin=stdin)


def checked(args: tuple[str, ...], folder: Path, done: Done) -> Done:
    """Return `done` when it succeeded, else raise EnvironmentProblem with git's words."""
    if done.code:
        what = f"git {args[0]} failed: {complaint(done)}"
        raise EnvironmentProblem(Problem(what, where=str(folder)))
    return done


def complaint(done: Done) -> str:
    """Return git's reason for failing, on one line."""
    lines = [line.strip() for line in done.err.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return "; ".join(marked or lines[-1:]) or f"git ended with status {done.code}"


def unreachable(folder: Path, remote: str, done: Done) -> EnvironmentProblem:
    """Return the error for a remote that gave no answer."""
    hint = "check the address (git remote -v), the network and your credentials; run it again"
    what = f"no answer from {remote}: {complaint(done)}"
    return EnvironmentProblem(Problem(what, where=str(folder), hint=hint))


def zero_separated(out: bytes) -> Iterator[str]:
    """Return the items of an answer to -z."""
    return (item for item in out.decode("utf-8", "surrogateescape").split("\0") if item)


def changed_path(line: str) -> str:
    """Return the path of a line of status, whose kind says how many fields come before it."""
    return line.split(" ", {"1": 8, "u": 10}.get(line[0], 1))[-1]


def batch(out: bytes, paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Return the objects in an answer to cat-file --batch, for those of `paths` that exist."""
    at = 0
    for path in paths:
        end = out.index(b"\n", at)
        head, at = out[at:end], end + 1
        if head.endswith(b" missing"):
            continue
        size = int(head.rsplit(b" ", 1)[1])
        yield path, out[at : at + size]
        at += size + 1


def _environment() -> dict[str, str]:
    """Return this process's environment without what redirects Git or changes its words."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GIT_") or key.startswith(_KEPT)
    }
    return kept | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
