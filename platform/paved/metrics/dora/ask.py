"""The questions that commands and other features ask about delivery."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from paved.metrics.dora.figures import DoraReport, Group, Level
from paved.metrics.dora.groups import members, members_of
from paved.metrics.dora.report import Members, Question, reports
from paved.metrics.settings import Settings
from paved.metrics.store import Access, Store, opened
from paved.metrics.timeline import Period


@dataclass(frozen=True, slots=True)
class Query:
    """What to report on.

    Args:
        period: over which time.
        settings: environments and windows.
        as_of: number of the last event that counts; None: all. Fixing it makes a report
            repeatable whatever arrives later.
        now: the moment to judge from what is still open or young; None: the time of the last
            event that counts.
    """

    period: Period
    settings: Settings = field(default_factory=Settings)
    as_of: int | None = None
    now: datetime | None = None


def dora(access: Access, group: Group, query: Query) -> DoraReport:
    """Return the delivery figures of one group; a group without events has no data.

    Raises:
        InputError: there is no store.
        Conflict: another process has the store open.
        EnvironmentProblem: the store cannot be read.
    """
    return _answer(access, query, lambda store: members_of(store, group, query.as_of))[0]


def dora_of_all(access: Access, level: Level, query: Query) -> list[DoraReport]:
    """Return the delivery figures of every service, team or domain, by name.

    Raises as `dora` does.
    """
    return _answer(access, query, lambda store: members(store, level, query.as_of))


def _answer(access: Access, query: Query, found: Callable[[Store], Members]) -> list[DoraReport]:
    with opened(access, read_only=True) as store:
        question = Question(query.period, found(store), query.settings, query.as_of, query.now)
        return reports(store, question)
