"""What can go wrong while fetching, in the four fields of `paved.errors.Problem`.

A copy of the shape, not an import: this package runs on a bare Python, before paved's
dependencies exist. paved's adapter maps these onto its own error tree.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

ENVIRONMENT = 4  # the exit status of paved.errors.ExitCode.ENVIRONMENT
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what was found, where, what was expected, what to do next."""

    what: str
    where: str = ""
    expected: str = ""
    hint: str = ""

    def lines(self) -> list[str]:
        """Return the problem as the lines that a terminal shows."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        rest = (("expected", self.expected), ("hint", self.hint))
        return [head, *(f"  {label}: {text}" for label, text in rest if text)]


class ToolchainError(Exception):
    """Something could not be fetched or assembled; carries every problem found."""

    def __init__(self, *problems: Problem) -> None:
        """Collect `problems`, of which there is at least one."""
        self.problems = problems
        super().__init__("\n".join(line for problem in problems for line in problem.lines()))

    def as_data(self) -> dict[str, object]:
        """Return the error as the JSON document of `paved.errors.PavedError.as_data`."""
        problems = [asdict(problem) for problem in self.problems]
        return {"error": "environment", "exit_code": ENVIRONMENT, "problems": problems}


class Gone(ToolchainError):
    """The mirror answers, but no longer has a locked file (and every problem is of that kind)."""


class Offline(ToolchainError):
    """No mirror or index could be reached."""


class Unfit(ToolchainError):
    """What was locked cannot be used on this machine: no apt, no Go, another system."""


def note(text: str) -> None:
    """Write one line of progress to stderr; stdout belongs to data."""
    print(text, file=sys.stderr, flush=True)


def run(main: Callable[[list[str]], int]) -> None:
    """Run a script's `main(arguments)`; end with its status, or with a clear error."""
    try:
        status = main(sys.argv[1:])
    except ToolchainError as error:
        note(json.dumps(error.as_data()) if "--json" in sys.argv else f"error: {error}")
        status = ENVIRONMENT
    except BrokenPipeError:  # whoever reads stdout has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except KeyboardInterrupt:
        note("interrupted; run the same command again to go on")
        status = INTERRUPTED
    sys.exit(status)
