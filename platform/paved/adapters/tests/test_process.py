"""Running a program: its answer, its deadline, and that it does not outlive its caller."""

import os
import sys
from pathlib import Path

import pytest

from paved.adapters.process import run
from paved.errors import EnvironmentProblem

ECHO = "import sys; sys.stderr.write('e'); sys.stdout.write(sys.stdin.read().upper()); sys.exit(3)"
STUBBORN = """import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], "w").write("asked"), os._exit(0)))
open(sys.argv[2], "w").write(str(os.getpid()))
time.sleep(600)
"""


def test_input_goes_in_and_output_comes_out(tmp_path: Path) -> None:
    """Status, output and error text are the program's."""
    command = [sys.executable, "-c", ECHO]
    done = run(command, folder=tmp_path, env={}, seconds=30, stdin=b"abc")
    assert (done.code, done.out, done.err, done.text) == (3, b"ABC", "e", "ABC")


def test_the_environment_is_exactly_what_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the caller's environment leaks in."""
    monkeypatch.setenv("LEAK", "1")
    command = [sys.executable, "-c", "import os; print(os.environ.get('LEAK'), os.environ['A'])"]
    assert run(command, folder=tmp_path, env={"A": "b"}, seconds=30).text == "None b"


def test_a_program_that_hangs_is_asked_to_end(tmp_path: Path) -> None:
    """After the deadline the program gets to tidy up, and is gone."""
    asked, started = tmp_path / "asked", tmp_path / "pid"
    command = [sys.executable, "-c", STUBBORN, str(asked), str(started)]
    with pytest.raises(EnvironmentProblem, match="no answer within"):
        run(command, folder=tmp_path, env={}, seconds=3)
    assert asked.read_text() == "asked"
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """A program that cannot be started is a problem of the machine."""
    with pytest.raises(EnvironmentProblem, match="cannot be started"):
        run(["/nonexistent/tool"], folder=tmp_path, env={}, seconds=1)
