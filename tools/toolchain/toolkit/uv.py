"""Runs the locked uv the way this repository needs it; as a script, with the given arguments.

    python3 tools/toolchain/toolkit/uv.py pip install --require-hashes -r requirements.lock

Indexes, certificates and proxies are those that pip is configured with; downloads are kept in
the per-user cache; no interpreter is ever downloaded.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from toolchain import cache
from toolchain.locked import install, lockfile
from toolchain.problems import Gone, Offline, Problem, ToolchainError, run
from toolchain.toolkit import pipconfig

OFFLINE = re.compile(
    r"error sending request|dns error|[Cc]onnection refused|connect error|timed out|network is un"
    r"|Network connectivity is disabled|\(50[234]\)"
)
FRAME = re.compile(r"[^\x00-\x7f]+")  # the lines and arrows that uv draws around causes


def program() -> Path:
    """Return $PAVED_TOOL_UV, else the locked uv, fetched on first use."""
    named = os.environ.get("PAVED_TOOL_UV")
    return Path(named).absolute() if named else install.ensure("uv", lockfile.read())[0]


def environ() -> dict[str, str]:
    """Return the environment to run uv in."""
    ours = {"UV_CACHE_DIR": str(cache.root() / "uv"), "UV_PYTHON_DOWNLOADS": "never"}
    return {**ours, **os.environ, **pipconfig.for_uv(os.environ)}


def call(arguments: Sequence[str], folder: Path, locks: Sequence[int] = ()) -> str:
    """Run uv in `folder`, away from any project's settings, and return its stdout.

    Args:
        arguments: those of uv.
        folder: the working folder.
        locks: descriptors of held locks, which uv keeps held while it lives.

    Raises:
        Offline: the index could not be reached.
        Gone: the index does not have what is wanted.
        ToolchainError: a hash does not match, the disk is full, or something else failed.
    """
    done = subprocess.run(
        [program(), *arguments],
        cwd=folder,
        env=environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        pass_fds=locks,
    )
    if done.returncode:
        raise error(done.stderr)
    return done.stdout


def error(said: str) -> ToolchainError:
    """Tell from uv's messages why it failed."""
    lines = [FRAME.sub("", line).strip() for line in said.splitlines() if line.strip()]
    reason = "; ".join(line for line in lines if not line.startswith("warning:"))[:500]
    if "No space left" in said or "Disk quota" in said:
        return cache.no_space(cache.root())
    if "Hash mismatch" in said:
        return ToolchainError(_mismatch(reason))
    if OFFLINE.search(said):
        return Offline(_unreachable(reason))
    if "No solution found" in said or "404" in said:
        return Gone(_gone(reason))
    return ToolchainError(Problem(what=f"uv failed: {reason}", expected="uv to succeed"))


def _mismatch(reason: str) -> Problem:
    return Problem(
        what=f"a wheel is not the locked one: {reason}",
        where="requirements.lock",
        expected="one of the locked hashes",
        hint="try again; if it stays, the index or a proxy changes files: use another index",
    )


def _unreachable(reason: str) -> Problem:
    return Problem(
        what=f"the Python index could not be reached: {reason}",
        where="requirements.lock",
        expected="a Python index, as pip's configuration names it",
        hint="check the network, or set PIP_INDEX_URL to an index that this machine reaches",
    )


def _gone(reason: str) -> Problem:
    return Problem(
        what=f"the Python index lacks something that is locked: {reason}",
        where="requirements.lock",
        expected="every locked version, as a wheel for this machine and Python",
        hint="set PIP_INDEX_URL to an index that has it, or run tools/toolchain/lock-requirements",
    )


def main(arguments: list[str]) -> int:
    """Become uv with these arguments."""
    found = program()
    os.execve(found, [str(found), *arguments], environ())  # noqa: S606
    return 0


if __name__ == "__main__":
    run(main)
