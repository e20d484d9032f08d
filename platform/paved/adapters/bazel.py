"""Bazel, through a checkout's bazelw: build, test, clean."""

import json
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from paved.adapters import children
from paved.errors import EnvironmentProblem, InputError, Problem

GRACE_SECONDS = 60
IDLE_SECONDS = 30
KEPT_LINES = 30
TELLING = ("ERROR", "FAIL", "FATAL", "error", "  hint")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of Bazel did.

    Args:
        passed: labels of the tests that passed, sorted.
        seconds: as Bazel measured it, without the start of its server.
    """

    passed: Sequence[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Bazel:
    """Bazel in one workspace.

    Args:
        bazelw: the checkout's script.
        workspace: the folder with MODULE.bazel.
        output_base: where Bazel keeps its state, shared by workspaces one after the other.
        said: is told each line of its progress.
    """

    bazelw: Path
    workspace: Path
    output_base: Path
    said: Callable[[str], None]

    def test(self, *targets: str) -> Outcome:
        """Build targets and run the tests among them.

        Raises:
            InputError: something does not build, or a test fails; carries the end of the log.
            EnvironmentProblem: Bazel cannot be started.
        """
        with tempfile.TemporaryDirectory(prefix="paved-bazel-") as scratch:
            events = Path(scratch, "events.json")
            self._run("test", f"--build_event_json_file={events}", *targets)
            return _outcome(events)

    def build(self, *targets: str) -> None:
        """Build targets; raises as `test` does."""
        self._run("build", *targets)

    def clean(self) -> None:
        """Throw away everything that was built, and keep what was fetched."""
        self._run("clean")

    @contextmanager
    def served(self) -> Iterator[None]:
        """Stop the server that this object's calls start, however the block ends.

        A server that cannot be asked, as on a full disk, ends by itself when it is idle.
        """
        try:
            yield
        finally:
            with suppress(EnvironmentProblem, InputError):
                self.stop()

    def stop(self) -> None:
        """Stop the server of this output base, where one runs; raises as `test` does."""
        if self.workspace.is_dir():
            self._run("shutdown")

    def _run(self, command: str, *arguments: str) -> None:
        words = [
            str(self.bazelw),
            f"--output_base={self.output_base}",
            f"--max_idle_secs={IDLE_SECONDS}",
            command,
            *([] if command == "shutdown" else ["--curses=no", "--color=no"]),
            *arguments,
        ]
        process = self._start(words)
        lines: list[str] = []
        # On SIGINT Bazel ends its actions and leaves its state whole.
        with process, children.ending_early(process, signal.SIGINT, GRACE_SECONDS):
            for line in process.stdout or ():
                lines.append(line.rstrip())
                self.said(lines[-1])
        if process.returncode:
            raise _failure(process.returncode, lines, self.workspace)

    def _start(self, words: Sequence[str]) -> subprocess.Popen[str]:
        """Start Bazel as a group of its own, which is interrupted if this process is killed."""
        try:
            return subprocess.Popen(
                children.bound(words, signal.SIGINT),
                cwd=self.workspace,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                process_group=0,
            )
        except OSError as error:
            raise EnvironmentProblem(Problem(str(error), where=str(self.bazelw))) from error


def _failure(code: int, lines: Sequence[str], workspace: Path) -> EnvironmentProblem | InputError:
    telling = [line for line in lines if line.startswith(TELLING)] or lines
    what = f"bazel ended with {code}:\n    " + "\n    ".join(telling[-KEPT_LINES:])
    hint = f"cd {workspace} and run the same command with bazelw"
    # 1: a build failed, 3: a test failed (bazel.build/run/scripts).
    kind = InputError if code in (1, 3) else EnvironmentProblem
    return kind(Problem(what, where=str(workspace), hint=hint))


def _outcome(events: Path) -> Outcome:
    passed: set[str] = set()
    millis = 0
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event.get("testSummary", {}).get("overallStatus") == "PASSED":
                passed.add(event["id"]["testSummary"]["label"])
            millis = int(
                event.get("buildMetrics", {}).get("timingMetrics", {}).get("wallTimeInMs", millis)
            )
    return Outcome(tuple(sorted(passed)), millis / 1000)
