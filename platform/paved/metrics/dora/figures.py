"""The figures as records: a value is never without its unit, its n, and what was left out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from paved.metrics.store import Watermark
from paved.metrics.timeline import Period, text_of


class Status(StrEnum):
    """Whether a figure can be relied on: final, may still change, or there is nothing to say."""

    OK = "ok"
    PROVISIONAL = "provisional"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution's exact interpolated median, 90th percentile and mean."""

    median: float
    p90: float
    mean: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Args:
        value: None exactly when there is no data; a distribution's is its median.
        unit: of the value, and of the spread.
        n: how many things the value is made from.
        status: see `Status`.
        excluded: what was left out, as reason -> count; reasons that left out none included.
        spread: median, 90th percentile and mean, where the figure is a distribution.
    """

    value: float | None
    unit: str
    n: int
    status: Status
    excluded: Mapping[str, int] = field(default_factory=dict)
    spread: Spread | None = None


class Level(StrEnum):
    """What a report is about."""

    SERVICE = "service"
    TEAM = "team"
    DOMAIN = "domain"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Group:
    """One service, team or domain, or everything (the name is then empty)."""

    level: Level
    name: str = ""

    def __str__(self) -> str:
        """Return `service orders`, or `organisation`."""
        return f"{self.level} {self.name}".strip()


ORGANISATION = Group(Level.ORGANISATION)


@dataclass(frozen=True, slots=True)
class Quality:
    """What a reader has to know about the data behind a report.

    Args:
        deployments: production deployments in the period.
        provisional: those younger than their failure window.
        incidents: production incidents detected in the period.
        unattributed: those that no deployment could be blamed for.
    """

    deployments: int
    provisional: int
    incidents: int
    unattributed: int


@dataclass(frozen=True, slots=True)
class DoraReport:
    """The delivery figures of one group over one period; docs/reference/dora.md defines each."""

    group: Group
    period: Period
    watermark: Watermark
    definitions: str
    quality: Quality
    deployment_frequency: Figure
    deploy_days: Figure
    lead_time: Figure
    merge_to_deploy: Figure
    undeployed_age: Figure
    change_fail_rate: Figure
    recovery_time: Figure
    rework_rate: Figure
    time_to_restore: Figure
    time_to_first_deploy: Figure

    def figures(self) -> dict[str, Figure]:
        """Return the figures by name, in reading order."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in named.items() if isinstance(value, Figure)}

    def as_data(self) -> dict[str, object]:
        """Return the report as a JSON document; the same events give the same document."""
        time = self.watermark.time
        return {
            "group": {"level": self.group.level.value, "name": self.group.name},
            "period": {"start": text_of(self.period.start), "end": text_of(self.period.end)},
            "watermark": {
                "sequence": self.watermark.sequence,
                "time": None if time is None else text_of(time),
            },
            "definitions": self.definitions,
            "quality": asdict(self.quality),
            "figures": {name: asdict(figure) for name, figure in self.figures().items()},
        }
