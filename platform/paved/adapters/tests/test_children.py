"""A child process ends when its block ends, and when its parent is killed."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from paved.adapters import children
from paved.errors import EnvironmentProblem

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
PARENT = """
import sys
from pathlib import Path
from paved.adapters import children
with children.running(sys.argv[2:], Path(sys.argv[1])) as process:
    print(process.pid, flush=True)
    process.wait()
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until `condition()`; fail when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_ends_with_the_block(tmp_path: Path) -> None:
    """After the block the process is gone, and what it printed is in the log."""
    log = tmp_path / "log"
    with children.running(SLEEP, log) as process:
        children.wait_until(lambda: b"up" in log.read_bytes(), process, log, 20)
    assert process.returncode == -signal.SIGTERM
    assert log.read_text() == "up\n"


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """A process that ignores SIGTERM is killed when its grace is over."""
    log = tmp_path / "log"
    with children.running([sys.executable, "-c", DEAF], log, grace_seconds=0.2) as process:
        children.wait_until(lambda: b"up" in log.read_bytes(), process, log, 20)
    assert process.returncode == -signal.SIGKILL


def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """Kill -9 of the parent ends the child."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", PARENT, str(log), *SLEEP]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_for(lambda: b"up" in log.read_bytes())  # it is what was asked for, no longer setpriv
        assert alive(child)
        parent.kill()
    wait_for(lambda: not alive(child))


def test_a_program_that_ends_early_is_told_with_its_log(tmp_path: Path) -> None:
    """Waiting for a process that has ended fails at once, with what it said."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", "print('no room'); raise SystemExit(3)"]
    with children.running(command, log) as process:
        process.wait()
        with pytest.raises(EnvironmentProblem, match="no room"):
            children.wait_until(lambda: False, process, log, 20)


def test_a_missing_program_is_a_problem_of_the_machine(tmp_path: Path) -> None:
    """A program that is not there is named, without a traceback of the user's making."""
    with (
        pytest.raises(EnvironmentProblem, match="/not/there"),
        children.running(["/not/there"], tmp_path / "log"),
    ):
        pass


def test_descriptors_are_inherited_when_asked(tmp_path: Path) -> None:
    """A descriptor in `pass_fds` can be written by the child."""
    told, tells = os.pipe()
    command = [sys.executable, "-c", f"import os; os.write({tells}, b'hello')"]
    with children.running(command, tmp_path / "log", pass_fds=[tells]) as process:
        assert process.wait(20) == 0
    os.close(tells)
    assert os.read(told, 16) == b"hello"
    os.close(told)


def test_an_exception_ends_the_whole_group() -> None:
    """Leaving the block by an exception interrupts the process and what it started itself."""
    script = f"{shlex.join(SLEEP)} & echo $!; wait"
    with subprocess.Popen(
        ["sh", "-c", script], stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        assert process.stdout is not None
        grandchild = int(process.stdout.readline())
        with pytest.raises(ZeroDivisionError), children.ending_early(process, signal.SIGTERM, 20):
            raise ZeroDivisionError
    assert process.returncode == -signal.SIGTERM
    wait_for(lambda: not alive(grandchild))


def test_a_group_that_does_not_listen_is_killed() -> None:
    """When the grace is over, the process is killed, and its output cannot hold it up."""
    script = "import signal; signal.signal(2, signal.SIG_IGN)\nwhile True: print('x' * 9999)"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(ZeroDivisionError), children.ending_early(process, signal.SIGINT, 0.5):
            raise ZeroDivisionError
    assert process.returncode == -signal.SIGKILL


def test_a_whole_block_leaves_the_process_alone() -> None:
    """A block that comes to its end sends no signal."""
    command = [sys.executable, "-c", "input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, text=True, process_group=0) as process:
        with children.ending_early(process, signal.SIGKILL, 20):
            pass
        process.communicate("\n")
    assert process.returncode == 0


def test_a_group_of_its_own_does_not_hear_ctrl_c(tmp_path: Path) -> None:
    """A running child is not in the group that a terminal interrupts."""
    with children.running(SLEEP, tmp_path / "log") as process:
        assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
