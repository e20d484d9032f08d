"""The expressions against a slow, obvious computation, on generated histories."""

from datetime import timedelta, timezone
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from paved.metrics.dora import DoraReport, Figure, Group, Level
from paved.metrics.dora.groups import members
from paved.metrics.dora.report import Query, reports
from paved.metrics.events import (
    ArtifactPublished,
    ChangeMerged,
    Commit,
    Event,
    IncidentUpdate,
    Phase,
    Rollout,
    ServiceDeployed,
    ServiceScaffolded,
)
from paved.metrics.settings import Settings
from paved.metrics.store import Store
from paved.metrics.tests.reference import History
from paved.metrics.tests.reference_figures import Answer
from paved.metrics.tests.story import START, accepted, at, purl, store_of, weeks
from paved.metrics.timeline import Period

SERVICES = ["orders", "billing", "search"]
ARTIFACTS = ["a", "b", "c", "d"]
COMMITS = ["c1", "c2", "c3", "c4", "c5"]
DEPLOYMENTS = ["r1", "r2"]
SETTINGS = Settings(failure_windows={"billing": timedelta(hours=5)})
GENERATED = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
FEWER = settings(GENERATED, max_examples=8)
# Few different hours, so that coincidences are common; minus one lies before the period.
hours = st.integers(-24, 24 * 22).map(lambda hour: hour // 3 * 3) | st.sampled_from([0, 168, 336])
services = st.sampled_from(SERVICES)
commits = st.lists(
    st.builds(lambda name, hour: Commit(name, at(hour)), st.sampled_from(COMMITS), hours),
    max_size=3,
).map(tuple)
names = st.integers(0, 40).map(lambda number: f"e{number}")
causes = st.just("") | names | st.sampled_from(DEPLOYMENTS)

bodies = st.one_of(
    st.builds(
        ServiceDeployed,
        service=services,
        environment=st.sampled_from(["prod", "production", "prod", "stage"]),
        artifact=st.sampled_from(ARTIFACTS).map(purl),
        how=st.sampled_from([Rollout.DEPLOYED, Rollout.UPGRADED, Rollout.ROLLEDBACK]),
        deployment=st.sampled_from(["", "", "", *DEPLOYMENTS]),
        repairs=st.sampled_from(["", "", "", "e1"]),
        rework=st.sampled_from([None, None, None, True, False]),
    ),
    st.builds(
        IncidentUpdate,
        incident=st.sampled_from(["i1", "i2", "i3", "i4"]),
        phase=st.sampled_from([Phase.DETECTED, Phase.REPORTED, Phase.RESOLVED, Phase.RESOLVED]),
        environment=st.sampled_from(["prod", "prod", "prod", "stage"]),
        service=services | st.just(""),
        caused_by=st.just("") | causes,
        ticket=st.just("https://tickets.example.com/1"),
    ),
    st.builds(ArtifactPublished, artifact=st.sampled_from(ARTIFACTS).map(purl), commits=commits),
    st.builds(
        ChangeMerged,
        change=st.sampled_from(["1", "2", "3"]),
        repository=st.sampled_from(["", "example/orders"]),
        services=st.lists(services, max_size=2, unique=True).map(tuple),
        commits=commits,
    ),
    st.builds(
        ServiceScaffolded,
        service=services,
        team=st.sampled_from(["payments", "shop"]),
        domain=st.sampled_from(["", "commerce"]),
    ),
)
sources = st.sampled_from(["https://ci.example.com", "https://alerts.example.com"])


def _written(event: Event) -> Event:
    """Return an event as JSON can carry it: only a reported incident has a ticket."""
    body = event.body
    if isinstance(body, IncidentUpdate) and body.phase is not Phase.REPORTED:
        kept = (body.incident, body.phase, body.environment, body.service, "", body.caused_by)
        body = IncidentUpdate(*kept)
    return Event(event.id, event.source, event.time, body)


events = st.lists(
    st.builds(Event, names, sources, hours.map(at), bodies).map(_written),
    min_size=25,  # small histories agree too easily
    max_size=60,
    unique_by=lambda event: (event.source, event.id),
)
periods = st.sampled_from([weeks(3), weeks(1), Period(at(36), at(200)), Period(at(0), at(24))])
nows = st.sampled_from([None, at(24 * 30), at(100)])


def all_reports(
    store: Store, period: Period, now: object, settings: Settings = SETTINGS
) -> list[tuple[DoraReport, frozenset[str]]]:
    """Return the reports of every level, with their services."""
    found: dict[Group, frozenset[str]] = {}
    for level in Level:
        found.update(members(store, level))
    query = Query(period, settings, now=now)  # type: ignore[arg-type]
    return list(zip(reports(store, query, found), found.values(), strict=True))


def plain(figure: Figure) -> dict[str, object]:
    """Return a figure as the reference gives it."""
    value: object = figure.value
    if figure.spread:
        assert value == figure.spread.median
        value = (figure.spread.median, figure.spread.p90, figure.spread.mean)
    excluded = {reason: count for reason, count in figure.excluded.items() if count}
    return {"value": value, "n": figure.n, "excluded": excluded}


def figures(store: Store, period: Period, now: object) -> list[dict[str, object]]:
    """Return every report without its watermark, which counts arrivals."""
    documents = [report.as_data() for report, _ in all_reports(store, period, now)]
    return [
        {name: value for name, value in document.items() if name != "watermark"}
        for document in documents
    ]


@GENERATED
@given(told=events, period=periods, now=nows)
def test_every_figure_equals_the_reference(told: list[Event], period: Period, now: object) -> None:
    """All figures of all services, teams, domains and the organisation equal the slow ones."""
    store = store_of(told)
    past = History(told, SETTINGS)
    judged = now or store.watermark().time or START
    for report, names in all_reports(store, period, now):
        answer = Answer(past, names, period, judged)  # type: ignore[arg-type]
        note(str(report.group))
        assert {k: plain(v) for k, v in report.figures().items()} == dict(answer.figures())
        assert report.quality.provisional == answer.provisional()


@FEWER
@given(told=events, data=st.data(), period=periods)
def test_order_repetition_and_batches_change_nothing(
    told: list[Event], data: st.DataObject, period: Period
) -> None:
    """Late, repeated and differently batched events give the same figures."""
    expected = figures(store_of(told), period, None)
    shuffled = data.draw(st.permutations(told))
    again = data.draw(st.lists(st.sampled_from(told), max_size=5))
    store = store_of([])
    rest = iter([*shuffled, *again])
    while batch := list(islice(rest, data.draw(st.integers(1, 30)))):
        store.append([accepted(event) for event in batch])
    assert figures(store, period, None) == expected


@FEWER
@given(told=events, period=periods)
def test_another_time_zone_changes_nothing(told: list[Event], period: Period) -> None:
    """The same moments written with another offset give the same figures."""
    zone = timezone(timedelta(hours=5, minutes=45))
    moved = [Event(e.id, e.source, e.time.astimezone(zone), e.body) for e in told]
    assert figures(store_of(moved), period, None) == figures(store_of(told), period, None)


@FEWER
@given(told=events, cut=st.integers(0, 60), period=periods)
def test_a_watermark_repeats_an_old_report(told: list[Event], cut: int, period: Period) -> None:
    """As of an earlier event, a store answers what it answered then."""
    whole, early = store_of(told), store_of(told[:cut])
    found = members(early, Level.TEAM) | members(early, Level.ORGANISATION)
    then = reports(early, Query(period, SETTINGS), found)
    count = len(told[:cut])
    again = members(whole, Level.TEAM, count) | members(whole, Level.ORGANISATION, count)
    assert again == found
    now = reports(whole, Query(period, SETTINGS, as_of=count), again)
    assert [report.as_data() for report in now] == [report.as_data() for report in then]


def test_the_reference_can_tell() -> None:
    """The comparison is not vacuous: with another window the two disagree on this history."""
    told = [
        Event("d", "s", at(1), ServiceDeployed("orders", "prod", purl("a"))),
        Event("i", "s", at(4), IncidentUpdate("i", Phase.DETECTED, "prod", "orders")),
    ]
    narrow = Settings(failure_window=timedelta(hours=2))
    report = all_reports(store_of(told), weeks(1), None, narrow)[0][0]
    answer = Answer(History(told, SETTINGS), frozenset({"orders"}), weeks(1), at(4))
    with pytest.raises(AssertionError):
        assert plain(report.change_fail_rate) == answer.figures()["change_fail_rate"]
