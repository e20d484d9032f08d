"""A sandboxed program is an ordinary user, is asked to end, and its refusals are told."""

import sys
import time
from pathlib import Path

import pytest

from paved.adapters import bubblewrap, children
from paved.errors import EnvironmentProblem

PYTHON = str(Path(sys.executable).resolve())
SERVER = """
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7) if sys.argv[2] == "listens" else None)
print(os.getuid(), os.getpid(), sorted(os.environ), os.getcwd(), flush=True)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    time.sleep(0.05)
"""


def server(port: int, how: str) -> bubblewrap.Program:
    """Return a program that takes connections, and ends with 7 on SIGTERM if it `listens`."""
    command = [PYTHON, "-I", "-c", SERVER, str(port), how]
    return bubblewrap.Program(Path("/"), command, {"LC_ALL": "C"}, "/usr")


def test_it_sees_what_it_is_given(tmp_path: Path) -> None:
    """The program is user 65532 and process 1, with its own variables and folder alone."""
    port, log = children.free_port(), tmp_path / "log"
    ready = lambda: children.listens(port)  # noqa: E731
    with bubblewrap.running(server(port, "listens"), log, ready, 20) as sandbox:
        assert sandbox.end(20) == 7
    assert log.read_text() == "65532 1 ['LC_ALL', 'PWD'] /usr\n"


def test_one_that_does_not_end_is_told_and_killed(tmp_path: Path) -> None:
    """A program that ignores SIGTERM is a problem, and is gone after the block."""
    port, log = children.free_port(), tmp_path / "log"
    ready = lambda: children.listens(port)  # noqa: E731
    with (
        pytest.raises(EnvironmentProblem, match=r"still runs 0\.2 s after SIGTERM"),
        bubblewrap.running(server(port, "is deaf"), log, ready, 20) as sandbox,
    ):
        sandbox.end(0.2)
    end = time.monotonic() + 20  # the kernel ends what was inside a moment after bubblewrap
    while children.listens(port):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_failure_of_bubblewrap_is_told_in_its_words(tmp_path: Path) -> None:
    """What bubblewrap says reaches the user, and namespaces are not blamed for it."""
    program = bubblewrap.Program(tmp_path / "absent", ["/bin/true"], {})
    with (
        pytest.raises(EnvironmentProblem, match=r"bwrap: .*absent") as caught,
        bubblewrap.running(program, tmp_path / "log", lambda: False, 20),
    ):
        pass
    assert "namespaces" not in caught.value.problems[0].hint


def test_a_program_that_fails_is_told_with_its_own_words(tmp_path: Path) -> None:
    """Where the program fails, its log is shown, and namespaces are not blamed."""
    command = [PYTHON, "-I", "-c", "raise SystemExit('no settings')"]
    program = bubblewrap.Program(Path("/"), command, {})
    with (
        pytest.raises(EnvironmentProblem, match="no settings") as caught,
        bubblewrap.running(program, tmp_path / "log", lambda: False, 20),
    ):
        pass
    assert "namespaces" not in caught.value.problems[0].hint
