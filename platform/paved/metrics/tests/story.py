# ruff: noqa: INP001, S101  a helper of tests
"""Events told briefly, for tests: hours after a start instead of timestamps."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import duckdb

from paved.adapters.duckdb import Database
from paved.metrics.dora import ORGANISATION, DoraReport, Figure, Group, Level, Spread
from paved.metrics.dora.groups import members_of
from paved.metrics.dora.report import Query, reports
from paved.metrics.events import (
    Accepted,
    ArtifactPublished,
    Body,
    ChangeMerged,
    Commit,
    Event,
    IncidentUpdate,
    Phase,
    Rollout,
    ServiceDeployed,
    ServiceScaffolded,
    decode,
    line_of,
)
from paved.metrics.settings import Settings
from paved.metrics.store import Store
from paved.metrics.store.schema import statements
from paved.metrics.timeline import Period

START = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = "https://ci.example.com/orders"
HOUR = 3600.0


def at(hours: float) -> datetime:
    """Return the moment that many hours after the start."""
    return START + timedelta(hours=hours)


def event(name: str, hours: float, body: Body) -> Event:
    """Return an event of the tests' source."""
    return Event(name, SOURCE, at(hours), body)


def purl(artifact: str) -> str:
    """Return an image's package URL for a short name."""
    return f"pkg:oci/orders@sha256%3A{artifact.encode().hex():0<64}"


def deployed(
    name: str, hours: float, service: str = "orders", artifact: str = "", **more: object
) -> Event:
    """Return a production deployment; its artifact is named after it unless given."""
    settings = {"environment": "prod", "how": Rollout.DEPLOYED} | more
    body = ServiceDeployed(service=service, artifact=purl(artifact or name), **settings)  # type: ignore[arg-type]
    return event(name, hours, body)


def published(artifact: str, hours: float, **commits: float) -> Event:
    """Return an artifact's publication, with commits and the hours they were authored at."""
    made = tuple(Commit(name, at(hour)) for name, hour in commits.items())
    return event(f"published {artifact}", hours, ArtifactPublished(purl(artifact), made))


def merged(
    change: str, hours: float, *commits: str, services: tuple[str, ...] = ("orders",)
) -> Event:
    """Return a merged change that brought commits, authored an hour before."""
    made = tuple(Commit(name, at(hours - 1)) for name in commits)
    return event(f"merged {change}", hours, ChangeMerged(change, "example/orders", services, made))


def incident(name: str, hours: float, service: str = "orders", cause: str = "") -> Event:
    """Return an incident's detection in production."""
    body = IncidentUpdate(name, Phase.DETECTED, "prod", service, caused_by=cause)
    return event(f"detected {name} {hours}", hours, body)


def resolved(name: str, hours: float, service: str = "orders") -> Event:
    """Return an incident's resolution."""
    body = IncidentUpdate(name, Phase.RESOLVED, "prod", service)
    return event(f"resolved {name} {hours}", hours, body)


def scaffolded(service: str, hours: float, team: str = "", domain: str = "") -> Event:
    """Return a service's making."""
    return event(f"scaffolded {service}", hours, ServiceScaffolded(service, team, domain))


def accepted(told: Event) -> Accepted:
    """Return an event as the store takes it, through its JSON."""
    found = decode(line_of(told).encode())
    assert isinstance(found, Accepted), found
    return found


def store_of(events: Iterable[Event]) -> Store:
    """Return a store in memory that holds events."""
    database = Database(duckdb.connect(), None)  # type: ignore[arg-type]
    for statement in statements():
        database.rows(statement)
    store = Store(database)
    store.append([accepted(told) for told in events])
    return store


def weeks(count: float) -> Period:
    """Return the period of some weeks from the start."""
    return Period(START, START + timedelta(weeks=count))


def report_of(
    events: Iterable[Event],
    *,
    period: Period | None = None,
    group: Group = Group(Level.SERVICE, "orders"),  # noqa: B008
    settings: Settings | None = None,
    now: datetime | None = None,
) -> DoraReport:
    """Return one group's report over events; of four weeks, judged long after, unless told."""
    store = store_of(events)
    query = Query(
        period=period or weeks(4), settings=settings or Settings(), now=now or at(24 * 365)
    )
    return reports(store, query, members_of(store, group))[0]


def spread(figure: Figure) -> Spread:
    """Return a figure's distribution, which has to be there; its value is the median."""
    assert figure.spread is not None, figure
    assert figure.value == figure.spread.median
    return figure.spread


__all__ = ["HOUR", "ORGANISATION", "SOURCE", "START"]
