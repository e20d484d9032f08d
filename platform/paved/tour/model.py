"""What the tour tells: its steps, their figures, and how each one ended."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing a step measured.

    Args:
        name: what it is.
        value: the number, or a digest or address.
        unit: of the number; empty for text.
    """

    name: str
    value: float | int | str
    unit: str = ""

    def __str__(self) -> str:
        """Return the figure as a terminal shows it."""
        shown = f"{self.value:.2f}" if isinstance(self.value, float) else str(self.value)
        return f"{self.name} {shown}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True, slots=True)
class Step:
    """How a step ended.

    Args:
        name: the step's name.
        seconds: how long it took, wall clock.
        figures: what it measured.
        shown: lines for the reader: commands that were run, and what they answered.
        failure: why it could not be done; empty when it was.
    """

    name: str
    seconds: float
    figures: Sequence[Figure] = ()
    shown: Sequence[str] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole tour.

    Args:
        scratch: the folder that it worked in, left behind.
        steps: in the order they were taken.
        seconds: of all of it.
        downloaded: bytes fetched from registries during it.
    """

    scratch: str
    steps: Sequence[Step]
    seconds: float
    downloaded: int = 0
    machine: Mapping[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> Sequence[Step]:
        """The steps that could not be done."""
        return [step for step in self.steps if step.failure]

    def as_data(self) -> dict[str, object]:
        """Return the tour as the JSON document that `--json` prints."""
        return asdict(self)
