"""What a verification found: every check with its outcome, as data.

How it is shown is `paved.cli.verify`'s business.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from paved.errors import PavedError, Problem, Refused


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Args:
        name: what, in a word or two.
        detail: figures of what was found, or what is wrong.
        problems: why it does not hold; none where it does.
    """

    name: str
    detail: str
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of verifying one image.

    Args:
        target: the folder or reference that was asked about.
        digest: the image manifest's digest, empty where none could be read.
        checks: all of them, in the order they were made.
    """

    target: str
    digest: str
    checks: tuple[Check, ...]

    @property
    def problems(self) -> Sequence[Problem]:
        """Every reason to refuse."""
        return [problem for check in self.checks for problem in check.problems]

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return not self.problems

    def require(self) -> "Report":
        """Return the report itself if every check holds.

        Raises:
            Refused: a check does not hold; carries every reason.
        """
        if self.problems:
            raise Refused(*self.problems)
        return self

    def as_data(self) -> Mapping[str, object]:
        """Return the report as the document that `--json` prints."""
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        head = {"target": self.target, "digest": self.digest, "passed": self.passed}
        return {**head, "checks": checks}


def gather(name: str, detail: str, problems: Iterable[Problem]) -> Check:
    """Return a check whose detail, where it fails, is the first reason."""
    found = tuple(problems)
    return Check(name, found[0].what if found else detail, found)


def refusals(error: PavedError) -> Sequence[Problem]:
    """Return an error's problems if it refuses; let any other error through.

    Raises:
        PavedError: `error` itself, where it is not a refusal but says that none could be made.
    """
    if not isinstance(error, Refused):
        raise error
    return error.problems
