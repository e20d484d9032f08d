"""Long-running child processes that never outlive this one, even when it is killed."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from paved.errors import EnvironmentProblem, Problem

_POLL_SECONDS = 0.02


def bound(command: Sequence[str], number: signal.Signals) -> list[str]:
    """Return `command` run so that the kernel sends it a signal when this thread's process dies.

    Not a `preexec_fn`: that makes Python run hooks around the fork, in which a Ctrl-C is lost and
    leaves the lock of `logging` held for ever.

    Args:
        command: the program and its arguments.
        number: the signal.

    Raises:
        EnvironmentProblem: the program, or util-linux's setpriv, is not there.
    """
    for program in ("setpriv", command[0]):
        if shutil.which(program) is None:
            raise EnvironmentProblem(Problem("there is no such program", where=program))
    return ["setpriv", "--pdeathsig", number.name.removeprefix("SIG"), "--", *command]


def free_port() -> int:
    """Return a TCP port of the loopback interface that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether something on the loopback interface takes connections on a TCP port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    grace_seconds: float = 10,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` while the block lasts, then end it with SIGTERM, and SIGKILL if it must be.

    It is a process group of its own: Ctrl-C reaches this process, which then ends it in order.

    Args:
        command: the program and its arguments.
        log: a file that gets what it prints.
        environment: its variables; None: this process's.
        grace_seconds: how long it may take to end.
        pass_fds: descriptors that it inherits.

    Raises:
        EnvironmentProblem: it cannot be started.
    """
    with log.open("wb") as printed:
        try:
            process = subprocess.Popen(
                bound(command, signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env=environment,
                pass_fds=pass_fds,
                process_group=0,
            )
        except OSError as error:
            raise EnvironmentProblem(Problem(str(error), where=command[0])) from error
        try:
            yield process
        finally:
            stop(process, grace_seconds)


@contextmanager
def ending_early(
    process: subprocess.Popen[str], number: signal.Signals, grace_seconds: float
) -> Iterator[None]:
    """End the group of `process` if the block is left by an exception, such as Ctrl-C.

    Args:
        process: the leader of a process group of its own.
        number: the signal that asks it to end.
        grace_seconds: how long it may take, before SIGKILL.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        _reap(process, lambda: process.communicate(timeout=grace_seconds))
        raise


def stop(process: subprocess.Popen[bytes], grace_seconds: float) -> int:
    """End `process` and return its exit status; negative: the signal that ended it."""
    if process.poll() is None:
        process.terminate()
    return _reap(process, lambda: process.wait(grace_seconds))


def _reap(process: subprocess.Popen[Any], wait: Callable[[], object]) -> int:
    """Wait for a process that was asked to end; kill it when its grace, or patience, is over."""
    try:
        wait()
    except subprocess.TimeoutExpired:
        process.kill()
    except KeyboardInterrupt:
        process.kill()
        process.wait()
        raise
    return process.wait()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, seconds: float
) -> float:
    """Wait until `ready()` and return how many seconds it took.

    Raises:
        EnvironmentProblem: the process ended, or the time was over; carries the end of its log.
    """
    start = time.monotonic()
    while not ready():
        if process.poll() is not None or time.monotonic() - start > seconds:
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise EnvironmentProblem(
                Problem(f"did not start:\n{tail}", where=str(process.args), hint=f"see {log}")
            )
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - start
