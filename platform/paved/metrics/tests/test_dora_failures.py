"""Failures, recovery and rework, each with a history to compute by hand."""

from datetime import timedelta

import pytest

from paved.metrics.dora import ORGANISATION, Group, Level, Status
from paved.metrics.events import (
    Event,
    IncidentUpdate,
    Phase,
    Rollout,
)
from paved.metrics.settings import Settings
from paved.metrics.tests.story import (
    HOUR,
    SOURCE,
    at,
    deployed,
    event,
    incident,
    published,
    report_of,
    resolved,
    spread,
)


def test_two_incidents_of_one_deployment_fail_it_once():
    """Two deployments, one with two incidents: the change-fail rate is 50%, not 100 or 150%."""
    found = report_of(
        [deployed("d1", 1), deployed("d2", 100), incident("i1", 101), incident("i2", 102)]
    )
    assert found.change_fail_rate.value == 0.5
    assert found.change_fail_rate.n == 2
    assert found.change_fail_rate.status is Status.OK


def test_three_incidents_of_two_deployments_are_never_above_one():
    """The change-fail rate counts deployments: three incidents over two deployments are 100%."""
    told = [deployed("d1", 1), incident("i1", 2), deployed("d2", 100)]
    found = report_of([*told, incident("i2", 101), incident("i3", 102)])
    assert found.change_fail_rate.value == 1.0
    assert found.quality.incidents == 3


def test_an_incident_is_not_blamed_on_another_service():
    """An incident of one service, just after another's deployment, fails nothing."""
    found = report_of(
        [deployed("d1", 1), deployed("d2", 2, "billing"), incident("i1", 3, "search")],
        group=ORGANISATION,
    )
    assert found.change_fail_rate.value == 0.0
    assert found.change_fail_rate.excluded == {"unattributed_incidents": 1}


def test_an_incident_follows_its_own_services_deployment():
    """With a later deployment of another service in between, the own service's one fails."""
    told = [deployed("d1", 1), deployed("d2", 2, "billing"), incident("i1", 3, "orders")]
    assert report_of(told).change_fail_rate.value == 1.0
    other = report_of(told, group=Group(Level.SERVICE, "billing"))
    assert other.change_fail_rate.value == 0.0


def test_an_incident_after_the_window_is_unattributed():
    """W is inclusive: 24 hours after the deployment still counts, a microsecond later not."""
    edge = report_of([deployed("d1", 1), incident("i1", 25)])
    assert edge.change_fail_rate.value == 1.0
    late = Event(
        "late",
        SOURCE,
        at(25) + timedelta(microseconds=1),
        IncidentUpdate("i1", Phase.DETECTED, "prod", "orders"),
    )
    assert report_of([deployed("d1", 1), late]).change_fail_rate.value == 0.0


def test_the_window_is_configuration_per_service():
    """A service's own window of two hours frees its deployment from an incident at three."""
    settings = Settings(failure_windows={"orders": timedelta(hours=2)})
    told = [deployed("d1", 1), incident("i1", 4)]
    assert report_of(told, settings=settings).change_fail_rate.value == 0.0
    assert report_of(told).change_fail_rate.value == 1.0


def test_overlapping_incidents_recover_with_the_last():
    """Incidents 2-5 h and 3-9 h after the start, deployed at 1 h: recovered after 8 hours."""
    told = [deployed("d1", 1), incident("i1", 2), incident("i2", 3)]
    found = report_of([*told, resolved("i1", 5), resolved("i2", 9)])
    assert spread(found.recovery_time).median == 8 * HOUR
    assert found.recovery_time.n == 1
    assert spread(found.time_to_restore).mean == 4.5 * HOUR


def test_an_open_failure_is_censored_and_counted():
    """While one of its incidents is open a deployment has not recovered, and is shown as open."""
    told = [deployed("d1", 1), incident("i1", 2), incident("i2", 3), resolved("i1", 5)]
    found = report_of(told)
    assert found.recovery_time.status is Status.NO_DATA
    assert found.recovery_time.value is None
    assert found.recovery_time.excluded == {"open": 1, "negative": 0}
    assert found.time_to_restore.excluded["open"] == 1


def test_a_rollback_is_a_deployment_that_repairs():
    """A rollback counts as deployment and as rework, and delivers no commit a second time."""
    found = report_of(
        [
            published("a", 0, c1=0),
            published("b", 1, c2=1),
            deployed("d1", 2, artifact="a"),
            deployed("d2", 30, artifact="b"),
            deployed("d3", 60, artifact="a", how=Rollout.ROLLEDBACK),
        ]
    )
    assert found.deployment_frequency.n == 3
    assert found.rework_rate.value == pytest.approx(1 / 3, abs=0)
    assert found.lead_time.n == 1


def test_a_label_beats_a_rollback_and_the_heuristic():
    """Labelled rework counts, labelled no rework does not, whatever else speaks for it."""
    told = [deployed("d1", 1), incident("i1", 2)]
    rolled = deployed("d2", 3, how=Rollout.ROLLEDBACK, rework=False)
    assert report_of([*told, rolled]).rework_rate.value == 0.0
    assert report_of([*told, deployed("d2", 3, rework=False)]).rework_rate.value == 0.0
    assert report_of([deployed("d1", 1), deployed("d2", 3, rework=True)]).rework_rate.value == 0.5


def test_a_deployment_during_an_open_failure_is_rework():
    """Deployed after detection and up to resolution: a repair; after it: not any more."""
    told = [deployed("d1", 1), incident("i1", 2), resolved("i1", 4)]
    assert report_of([*told, deployed("d2", 4)]).rework_rate.value == 0.5
    assert report_of([*told, deployed("d2", 4.001)]).rework_rate.value == 0.0
    assert report_of([*told, deployed("d2", 3, "billing")]).rework_rate.value == 0.0


def test_a_failure_left_open_makes_no_rework_of_everything_after():
    """An incident that nobody closes counts for rework within W only."""
    told = [deployed("d1", 1), incident("i1", 2), deployed("d2", 25.5), deployed("d3", 27)]
    assert report_of(told).rework_rate.value == pytest.approx(1 / 3, abs=0)


def test_an_explicit_link_beats_the_latest_deployment():
    """The named deployment fails, not the one that came after it, and at any distance."""
    told = [deployed("d1", 1), deployed("d2", 90), incident("i1", 91, cause="d1")]
    found = report_of([*told, resolved("i1", 92)])
    assert found.change_fail_rate.value == 0.5
    assert spread(found.recovery_time).median == 91 * HOUR


def test_an_explicit_link_reaches_another_service():
    """A link puts one service's incident down to another's deployment, in its figures alone."""
    told = [deployed("d1", 1), deployed("d2", 2, "billing"), incident("i1", 3, cause="d2")]
    assert report_of(told).change_fail_rate.value == 0.0
    assert report_of(told).quality.unattributed == 0
    other = report_of(told, group=Group(Level.SERVICE, "billing"))
    assert other.change_fail_rate.value == 1.0


def test_a_link_prefers_the_incidents_own_service():
    """Two sources number their events alike: the link means the own service's deployment."""
    twin = Event("d1", "https://other.example.com", at(2), deployed("x", 0, "billing").body)
    told = [deployed("d1", 1), twin, incident("i1", 3, cause="d1")]
    assert report_of(told).change_fail_rate.value == 1.0
    other = report_of(told, group=Group(Level.SERVICE, "billing"))
    assert other.change_fail_rate.value == 0.0


def test_a_deployment_does_not_repair_itself():
    """Linked to a deployment after its detection (a wrong clock), an incident makes no rework."""
    told = [incident("i1", 1, cause="d1"), deployed("d1", 2)]
    found = report_of(told)
    assert found.change_fail_rate.value == 1.0
    assert found.rework_rate.value == 0.0


def test_a_link_to_nothing_known_is_unattributed():
    """A link wins even when its target is not known: nothing is guessed instead."""
    found = report_of([deployed("d1", 1), incident("i1", 2, cause="elsewhere")])
    assert found.change_fail_rate.value == 0.0
    assert found.quality.unattributed == 1


def test_a_later_link_corrects_the_guess():
    """What is said of an incident last holds: its resolution names the cause."""
    body = IncidentUpdate("i1", Phase.RESOLVED, "prod", caused_by="d1")
    told = [deployed("d1", 1), deployed("d2", 5), incident("i1", 6), event("fix", 9, body)]
    found = report_of(told)
    assert spread(found.recovery_time).median == 8 * HOUR


def test_what_is_said_last_of_an_incident_holds():
    """First billing's, then found to be orders': it is orders' incident, in any order told."""
    told = [
        deployed("d1", 1),
        deployed("d2", 2, "billing"),
        incident("i1", 3, "billing"),
        incident("i1", 4, "orders"),
    ]
    for events in (told, told[::-1]):
        assert report_of(events).change_fail_rate.value == 1.0
        other = report_of(events, group=Group(Level.SERVICE, "billing"))
        assert other.change_fail_rate.value == 0.0
