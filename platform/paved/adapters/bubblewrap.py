"""Bubblewrap: runs an image's own bytes as an ordinary user, with nothing else in sight."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from paved.adapters import children
from paved.adapters.tools import tool
from paved.errors import EnvironmentProblem, Problem

NOBODY = "65532"
FORBIDDEN = ("namespace", "uid map", "not permitted", "Permission denied")
HINT = "bubblewrap needs user namespaces: allow them with sysctl, or run as root; paved doctor"


@dataclass(frozen=True, slots=True)
class Program:
    """What is to run.

    Args:
        root: the folder that becomes /, read-only.
        command: the program and its arguments, as seen from there.
        environment: all of its variables.
        folder: its working directory, as seen from there.
    """

    root: Path
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: str = "/"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox.

    Args:
        process: bubblewrap itself; it ends with the exit status of the program.
        ready_seconds: how long the program took to be ready.
        information: what bubblewrap says of the program.
    """

    process: subprocess.Popen[bytes]
    ready_seconds: float
    information: IO[bytes]

    def end(self, seconds: float) -> int:
        """Send SIGTERM to the program and return its exit status.

        Raises:
            EnvironmentProblem: it does not end in time.
        """
        os.kill(json.load(self.information)["child-pid"], signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            what = f"still runs {seconds:g} s after SIGTERM"
            raise EnvironmentProblem(Problem(what, where="the program in the sandbox")) from error


@contextmanager
def running(
    program: Program, log: Path, ready: Callable[[], bool], seconds: float
) -> Iterator[Sandbox]:
    """Run a program while the block lasts, and yield it once it is ready.

    It shares the network with this process, and nothing else: to be asked, it needs the loopback
    interface.

    Args:
        program: what to run.
        log: a file that gets what it prints.
        ready: whether it is.
        seconds: how long that may take.

    Raises:
        EnvironmentProblem: bubblewrap cannot be had or is not allowed to, or the program is not
            ready in time; carries the end of the log.
    """
    words = [str(tool("bubblewrap")), *_options(program)]
    told, tells = os.pipe()
    with (
        open(told, "rb") as information,  # noqa: PTH123 - a descriptor
        children.running(
            [*words, "--info-fd", str(tells), "--", *program.command], log, pass_fds=[tells]
        ) as process,
    ):
        os.close(tells)
        yield Sandbox(process, _ready(ready, process, log, seconds), information)


def _ready(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float
) -> float:
    try:
        return children.wait_until(ready, process, log, seconds)
    except EnvironmentProblem as error:
        said = log.read_text(encoding="utf-8", errors="replace")
        if said.startswith("bwrap: ") and any(word in said for word in FORBIDDEN):
            raise EnvironmentProblem(replace(error.problems[0], hint=HINT)) from error
        raise


def _options(program: Program) -> list[str]:
    words = ["--die-with-parent", "--new-session", "--clearenv"]
    words += ["--ro-bind", str(program.root), "/", "--proc", "/proc", "--dev", "/dev"]
    words += ["--tmpfs", "/tmp"]  # noqa: S108 - the sandbox's own
    words += ["--unshare-all", "--share-net", "--as-pid-1", "--uid", NOBODY, "--gid", NOBODY]
    words += ["--chdir", program.folder]
    for name, value in program.environment.items():
        words += ["--setenv", name, value]
    return words
