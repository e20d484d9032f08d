"""The questions that commands and other features ask about delivery."""

from collections.abc import Callable

from paved.metrics.dora.figures import DoraReport, Group, Level
from paved.metrics.dora.groups import members, members_of
from paved.metrics.dora.report import Members, Query, reports
from paved.metrics.store import Access, Store, opened


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
        return reports(store, query, found(store))
