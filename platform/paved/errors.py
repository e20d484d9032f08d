"""The error tree, all of it, and the exit codes it maps to.

Every error a user can cause carries one or more `Problem`s: what is wrong, where, what was
expected, and a hint. Commands collect all problems and raise once. Anything that is not a
`PavedError` is a defect of the toolkit and keeps its traceback.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What a process's exit status means; documented in docs/reference/exit-codes.md."""

    OK = 0
    USAGE = 2
    INPUT = 3
    ENVIRONMENT = 4
    REFUSED = 5
    CONFLICT = 6
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        what: what was found, in one sentence without a full stop.
        where: the file (with line or field), argument, address or digest it was found at.
        expected: what would have been right.
        hint: what to do next; a command where there is one.
    """

    what: str
    where: str = ""
    expected: str = ""
    hint: str = ""

    def lines(self) -> list[str]:
        """Return the problem as the lines that a terminal shows."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        rest = [
            f"  {label}: {text}"
            for label, text in (("expected", self.expected), ("hint", self.hint))
            if text
        ]
        return [head, *rest]


class PavedError(Exception):
    """Base of every error the toolkit raises on purpose.

    Raise a subclass, with every problem found, never this class itself.
    """

    exit_code: ExitCode
    kind: str

    def __init__(self, *problems: Problem) -> None:
        """Collect `problems`, of which there is at least one."""
        if not problems:
            message = "an error needs at least one problem"
            raise ValueError(message)
        self.problems: Sequence[Problem] = problems
        super().__init__("\n".join(line for problem in problems for line in problem.lines()))

    def as_data(self) -> dict[str, object]:
        """Return the error as the JSON document that `--json` prints on stderr."""
        return {
            "error": self.kind,
            "exit_code": int(self.exit_code),
            "problems": [asdict(problem) for problem in self.problems],
        }


class InputError(PavedError):
    """A file, answer or argument's value is not what it has to be."""

    exit_code = ExitCode.INPUT
    kind = "input"


class EnvironmentProblem(PavedError):
    """The machine lacks something: a program, the network, disk space, a permission."""

    exit_code = ExitCode.ENVIRONMENT
    kind = "environment"


class Refused(PavedError):
    """A rule says no: a signature does not verify, a promotion gate is closed."""

    exit_code = ExitCode.REFUSED
    kind = "refused"


class Conflict(PavedError):
    """What is there stands in the way: a non-empty target, a dirty checkout, a held lock."""

    exit_code = ExitCode.CONFLICT
    kind = "conflict"
