"""Runs a program to its end: input in, bytes out, a deadline, and no orphan left behind.

What a program's answer means is its adapter's business.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paved.errors import EnvironmentProblem, Problem

GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Done:
    """A program that ended: its exit status and what it wrote."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Return standard output as text, without space around it."""
        return self.out.decode("utf-8", "surrogateescape").strip()


def run(
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    seconds: float,
    stdin: bytes = b"",
) -> Done:
    """Run `command` in `folder` with exactly the environment `env`.

    Raises EnvironmentProblem when the program is absent or does not end within `seconds`. When
    the caller is interrupted, the program is asked to end first, so that it can tidy up.
    """
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdin=pipe, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        problem = Problem("this program cannot be started", where=command[0], hint=str(error))
        raise EnvironmentProblem(problem) from error
    try:
        out, err = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        what = f"no answer within {seconds:g} s"
        raise EnvironmentProblem(Problem(what, where=" ".join(command[:3]))) from error
    finally:
        _end(process)
    return Done(process.returncode, out, err.decode("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
