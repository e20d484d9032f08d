"""What the tour asks of others: the command line, and somebody who watches."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from paved.errors import ExitCode, Problem
from paved.tour.model import Step


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered.

    Args:
        code: its exit code.
        stdout: what it printed as data.
        stderr: what it said beside.
    """

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:  # noqa: ANN401 - each caller knows its command's document
        """The JSON document that a command with `--json` printed."""
        return json.loads(self.stdout)

    @property
    def complaint(self) -> str:
        """What it said of its failure, as text, also where it was asked for JSON."""
        start = self.stderr.find('{\n  "error"')
        if start < 0:
            return self.stderr.strip()
        problems = json.loads(self.stderr[start:])["problems"]
        return "\n".join(line for each in problems for line in Problem(**each).lines())


class StepFailed(Exception):
    """A step cannot go on; says why."""


class Watcher(Protocol):
    """Somebody who is told what happens while it happens."""

    def begin(self, name: str, title: str) -> None:
        """Say that a step starts."""

    def tell(self, line: str) -> None:
        """Say a line that stays."""

    def ticking(self, line: str) -> None:
        """Say a line that the next one may replace."""

    def end(self, step: Step) -> None:
        """Say how a step ended."""


@dataclass(frozen=True, slots=True)
class Paved:
    """The command line, as the tour uses it: each command is shown before it is run.

    Args:
        run: runs the words after `paved` and returns what they answered.
        watcher: is shown the command.
    """

    run: Callable[[Sequence[str]], Answer]
    watcher: Watcher

    def __call__(self, *words: str) -> Answer:
        """Run a command that has to succeed.

        Raises:
            StepFailed: it did not; says what it said.
        """
        answer = self.attempt(*words)
        if answer.code != ExitCode.OK:
            raise StepFailed(f"paved {words[0]} ended with {answer.code}\n{answer.complaint}")
        return answer

    def refused(self, *words: str) -> str:
        """Run a command that has to be refused, and return the first reason.

        Raises:
            StepFailed: it was not refused.
        """
        answer = self.attempt(*words)
        if answer.code != ExitCode.REFUSED:
            raise StepFailed(f"paved {words[0]} was to be refused, and ended with {answer.code}")
        reasons = [line for line in answer.stderr.splitlines() if line.startswith("error: ")]
        reason = reasons[0].removeprefix("error: ") if reasons else answer.stderr.strip()
        self.watcher.tell(f"refused: {reason}")
        return reason

    def attempt(self, *words: str) -> Answer:
        """Show a command, run it, and return what it answered."""
        self.watcher.tell(f"$ paved {' '.join(word for word in words if word != '--json')}")
        return self.run(words)
