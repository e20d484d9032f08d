"""Bazel's adapter believes exit codes and build events, and leaves nothing running when it is left.

A script stands in for bazelw, so that what Bazel answers can be chosen; the tour's own tests run
the real one.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paved.adapters.bazel import Bazel
from paved.errors import EnvironmentProblem, InputError

WAITS = 'echo "$*" >>"$0.calls"; trap "echo got INT >>$0.calls; exit 8" INT; echo started\n'
WAITS += '[ "$3" = shutdown ] && exit 0; while :; do sleep 0.05; done'
CALLER = """
import sys
from pathlib import Path
from paved.adapters.bazel import Bazel
folder = Path(sys.argv[1])
bazel = Bazel(folder / "bazelw", folder, folder, lambda line: print(line, flush=True))
with bazel.served():
    bazel.build("//:all")
"""


def scripted(folder: Path, script: str) -> Bazel:
    """Return a Bazel whose bazelw is a script of its own."""
    bazelw = folder / "bazelw"
    bazelw.write_text(f"#!/bin/sh\n{script}\n")
    bazelw.chmod(0o755)
    return Bazel(bazelw, folder, folder / "base", lambda _: None)


def calls(folder: Path) -> list[str]:
    """Return what the script was called with, and which signal it got."""
    return (folder / "bazelw.calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("code", "kind"), [(1, InputError), (3, InputError), (36, EnvironmentProblem)]
)
def test_a_failure_carries_the_lines_that_tell(
    tmp_path: Path, code: int, kind: type[Exception]
) -> None:
    """A failed build is the input's, anything else the machine's; noise is left out."""
    bazel = scripted(tmp_path, f"echo noise; echo ERROR: no room; exit {code}")
    with pytest.raises(kind, match="ERROR: no room") as caught:
        bazel.build("//...")
    assert "noise" not in str(caught.value)


def test_a_crash_is_told_without_a_stack(tmp_path: Path) -> None:
    """Of a crash of Bazel the line that names it is shown, not where in its code it happened."""
    script = "echo 'FATAL: bazel crashed due to no room'; echo '  at com.google.Foo(Foo.java:1)'"
    bazel = scripted(tmp_path, f"{script}; exit 37")
    with pytest.raises(EnvironmentProblem, match="FATAL: bazel crashed") as caught:
        bazel.build("//...")
    assert "Foo.java" not in str(caught.value)


def test_only_passed_tests_count(tmp_path: Path) -> None:
    """The outcome has the tests whose summary says PASSED, and Bazel's own wall time."""
    events = (
        '{"id":{"testSummary":{"label":"//:b"}},"testSummary":{"overallStatus":"PASSED"}}\n'
        '{"id":{"testSummary":{"label":"//:a"}},"testSummary":{"overallStatus":"PASSED"}}\n'
        '{"id":{"testSummary":{"label":"//:c"}},"testSummary":{"overallStatus":"FLAKY"}}\n'
        '{"buildMetrics":{"timingMetrics":{"wallTimeInMs":"2500"}}}\n'
    )
    (tmp_path / "events").write_text(events)
    copy = (
        'for word; do case $word in --build_event_json_file=*) cp events "${word#*=}";; esac; done'
    )
    outcome = scripted(tmp_path, copy).test("//...")
    assert (outcome.passed, outcome.seconds) == (("//:a", "//:b"), 2.5)


def test_an_interrupted_build_is_interrupted_once_and_its_server_stopped(tmp_path: Path) -> None:
    """SIGINT of this process reaches Bazel once, which ends; then its server is stopped."""
    scripted(tmp_path, WAITS)
    command = [sys.executable, "-c", CALLER, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "started\n"
        caller.send_signal(signal.SIGINT)
        caller.communicate()
    build, told, shutdown = calls(tmp_path)
    assert (build.split()[2], told, shutdown.split()[2]) == ("build", "got INT", "shutdown")


def test_a_killed_caller_interrupts_bazel(tmp_path: Path) -> None:
    """Kill -9 of this process makes the kernel interrupt Bazel."""
    scripted(tmp_path, WAITS)
    command = [sys.executable, "-c", CALLER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "started\n"
        caller.kill()
    end = time.monotonic() + 20
    while "got INT" not in calls(tmp_path):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_without_a_workspace_there_is_no_server_to_stop(tmp_path: Path) -> None:
    """A tour that failed before there was a repository has nothing to stop."""
    bazel = scripted(tmp_path, "exit 1")
    absent = Bazel(bazel.bazelw, tmp_path / "absent", bazel.output_base, bazel.said)
    with absent.served():
        pass
    assert not (tmp_path / "absent").exists()


def test_a_server_that_cannot_be_asked_is_left_to_idle_out(tmp_path: Path) -> None:
    """A shutdown that fails does not hide what happened before it."""
    with pytest.raises(ZeroDivisionError), scripted(tmp_path, "exit 36").served():
        raise ZeroDivisionError
