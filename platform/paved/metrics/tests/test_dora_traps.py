"""The definitions' traps, each with a history small enough to compute by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from paved.errors import InputError
from paved.metrics.dora import ORGANISATION, Group, Level, Status
from paved.metrics.events import (
    ArtifactPublished,
    Commit,
    Event,
    IncidentUpdate,
    Phase,
    Rollout,
    ServiceDeployed,
)
from paved.metrics.settings import Settings
from paved.metrics.tests.story import (
    HOUR,
    SOURCE,
    accepted,
    at,
    deployed,
    event,
    incident,
    merged,
    published,
    purl,
    report_of,
    resolved,
    scaffolded,
    spread,
    store_of,
    weeks,
)
from paved.metrics.timeline import Period

PAYMENTS = Group(Level.TEAM, "payments")


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


def test_median_of_an_even_number_interpolates():
    """The median of 10 and 1000 seconds is 505, not the lower middle."""
    second = 1 / HOUR
    found = report_of(
        [
            deployed("base", 1),
            published("a", 2, c1=10 - 10 * second, c2=10 - 1000 * second),
            deployed("d1", 10, artifact="a"),
        ]
    )
    value = spread(found.lead_time)
    assert value.median == 505.0
    assert value.mean == 505.0
    assert value.p90 == 901.0
    assert found.lead_time.n == 2


def test_frequency_is_not_floored():
    """Three deployments in two weeks are 3/14 per day, and one in four weeks is not zero."""
    three = report_of([deployed(f"d{n}", n) for n in range(1, 4)], period=weeks(2))
    assert three.deployment_frequency.value == pytest.approx(3 / 14, abs=0)
    one = report_of([deployed("d1", 1)])
    assert one.deployment_frequency.value == 1 / 28


def test_weeks_without_deployments_count_as_zero():
    """Deploy-days per week over four weeks with 3, 1, 0 and 0 days: median 0.5, mean 1."""
    days = [0, 24, 48, 24 * 9]
    found = report_of([deployed(f"d{n}", hour + 1) for n, hour in enumerate(days)])
    value = spread(found.deploy_days)
    assert (value.median, value.mean, found.deploy_days.n) == (0.5, 1.0, 4)
    assert value.p90 == pytest.approx(2.4)


def test_two_deployments_on_a_day_are_one_deploy_day():
    """A day counts once, however often something was deployed on it."""
    found = report_of([deployed("d1", 1), deployed("d2", 2), deployed("d3", 23.9)], period=weeks(1))
    assert spread(found.deploy_days).median == 1.0
    assert found.deployment_frequency.n == 3


def test_a_partial_week_is_left_out_and_said():
    """Nine days are one whole week; the deployment on the eighth day is in no week."""
    period = Period(at(0), at(9 * 24))
    found = report_of([deployed("d1", 1), deployed("d2", 7 * 24 + 1)], period=period)
    assert spread(found.deploy_days).mean == 1.0
    assert found.deploy_days.excluded == {"days_in_partial_week": 2}
    assert found.deployment_frequency.n == 2


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


def test_an_incident_before_the_first_deployment_is_unattributed():
    """Nothing was deployed before it: it fails nothing, and is shown."""
    found = report_of([incident("i1", 1), resolved("i1", 2), deployed("d1", 3)])
    assert found.change_fail_rate.value == 0.0
    assert found.quality.unattributed == 1
    assert spread(found.time_to_restore).median == HOUR


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


def test_redeploying_an_artifact_delivers_nothing_new():
    """The same artifact again is a deployment, and its commit keeps its first one."""
    found = report_of(
        [
            deployed("base", 1),
            published("a", 2, c1=1.5),
            deployed("d1", 3, artifact="a"),
            deployed("d2", 50, artifact="a"),
        ]
    )
    assert found.deployment_frequency.n == 3
    assert found.lead_time.n == 1
    assert spread(found.lead_time).median == 1.5 * HOUR


def test_an_artifact_is_its_digest():
    """Publication and deployment may spell a digest's package URL differently."""
    digest = "ab" * 32
    body = ServiceDeployed("orders", "prod", f"pkg:oci/orders@sha256%3A{digest}?tag=v2")
    made = ArtifactPublished(f"pkg:oci/orders@sha256:{digest}", (Commit("c1", at(1)),))
    told = [deployed("base", 0), event("p", 2, made), event("d", 3, body)]
    assert report_of(told).lead_time.n == 1


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


def test_a_period_without_deployments():
    """A known service that deployed nothing has frequency 0; its rates have no data, not 0."""
    period = Period(at(24 * 7), at(24 * 21))
    found = report_of([deployed("d1", 1)], period=period)
    assert found.deployment_frequency.value == 0.0
    assert found.deployment_frequency.status is Status.OK
    assert spread(found.deploy_days).median == 0.0
    for figure in (found.change_fail_rate, found.lead_time, found.recovery_time):
        assert figure.value is None
        assert figure.status is Status.NO_DATA


def test_nothing_known_is_no_data():
    """Without any deployment there is no frequency, not even zero."""
    found = report_of([deployed("d1", 1, "billing")])
    assert {figure.status for figure in found.figures().values()} == {Status.NO_DATA}
    assert {figure.value for figure in found.figures().values()} == {None}


def test_a_young_deployment_is_provisional():
    """Until W has passed after a deployment, an incident may still be put down to it."""
    told = [deployed("d1", 1)]
    young = report_of(told, period=weeks(4), now=at(24 * 28))
    assert young.change_fail_rate.status is Status.OK
    early = report_of(told, period=Period(at(0), at(2)), now=at(24.9))
    assert early.change_fail_rate.status is Status.PROVISIONAL
    assert early.quality.provisional == 1
    aged = report_of(told, period=Period(at(0), at(2)), now=at(25))
    assert aged.change_fail_rate.status is Status.OK
    assert early.deployment_frequency.status is Status.OK


def test_an_unfinished_period_is_provisional():
    """Before the period's end every figure may still change."""
    found = report_of([deployed("d1", 1)], now=at(24 * 27))
    assert found.deployment_frequency.status is Status.PROVISIONAL


def test_daylight_saving_bends_nothing():
    """The Berlin night of 25 October 2026 has 25 hours; two moments in it keep their distance."""
    made = datetime.fromisoformat("2026-10-25T02:30:00+02:00")
    live = datetime.fromisoformat("2026-10-25T02:30:00+01:00")
    told = [
        Event("base", SOURCE, datetime(2026, 10, 1, tzinfo=UTC), deployed("x", 0).body),
        Event("p", SOURCE, made, ArtifactPublished(purl("a"), (Commit("c", made),))),
        Event("d", SOURCE, live, ServiceDeployed("orders", "prod", purl("a"))),
    ]
    period = Period(datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    found = report_of(told, period=period, now=datetime(2027, 1, 1, tzinfo=UTC))
    assert spread(found.lead_time).median == HOUR
    assert spread(found.deploy_days).median == 1.0
    assert found.deployment_frequency.value == 1 / 7


def test_a_leap_day_is_a_day():
    """February 2028 has 29 days: one deployment in it is 1/29 per day."""
    leap = datetime(2028, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)
    told = [Event("d", SOURCE, leap, ServiceDeployed("orders", "prod", purl("a")))]
    period = Period(datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))
    found = report_of(told, period=period, now=datetime(2028, 6, 1, tzinfo=UTC))
    assert found.deployment_frequency.value == pytest.approx(1 / 29, abs=0)
    assert found.deploy_days.excluded == {"days_in_partial_week": 1}


def test_periods_are_half_open():
    """An event on the boundary belongs to the period that starts there, and to no other."""
    told = [deployed("d1", 24 * 7)]
    assert report_of(told, period=Period(at(0), at(24 * 7))).deployment_frequency.n == 0
    assert report_of(told, period=Period(at(24 * 7), at(24 * 14))).deployment_frequency.n == 1


def test_a_repeated_event_counts_once():
    """A retry has the same source and id, and changes nothing."""
    told = [deployed("d1", 1), incident("i1", 2)]
    assert report_of([*told, *told]).as_data() == report_of(told).as_data() | {
        "watermark": report_of([*told, *told]).as_data()["watermark"]
    }
    store = store_of(told)
    again = store.append([accepted(one) for one in told])
    assert (again.stored, again.duplicates) == (0, 2)


def test_two_reports_of_one_deployment_count_once():
    """Events that share a deployment's id are one deployment, at the earlier of them."""
    told = [
        deployed("e1", 2, deployment="release-7", artifact="a"),
        deployed("e2", 1, deployment="release-7", artifact="a"),
        incident("i1", 3, cause="e1"),
        resolved("i1", 4),
    ]
    found = report_of(told)
    assert found.deployment_frequency.n == 1
    assert spread(found.recovery_time).median == 3 * HOUR


def test_another_environment_is_not_production():
    """Deployments and incidents of stage are in no figure."""
    body = IncidentUpdate("i1", Phase.DETECTED, "stage", "orders")
    told = [deployed("d1", 1), deployed("d2", 2, environment="stage"), event("i", 3, body)]
    found = report_of(told)
    assert found.deployment_frequency.n == 1
    assert found.quality.incidents == 0


def test_the_first_known_deployment_has_no_base():
    """Its commits may have been live before: they are left out of lead time, and counted."""
    told = [published("a", 1, c1=0, c2=0.5), deployed("d1", 2, artifact="a")]
    found = report_of(told)
    assert found.lead_time.value is None
    assert found.lead_time.excluded == {"first_deployment": 2, "negative": 0}


def test_a_commit_from_the_future_is_left_out():
    """Authored after it was deployed: a wrong clock, counted and left out."""
    told = [deployed("base", 1), published("a", 2, c1=9), deployed("d1", 3, artifact="a")]
    assert report_of(told).lead_time.excluded == {"first_deployment": 0, "negative": 1}


def test_a_skipped_artifact_delivers_with_the_next():
    """An artifact that never reached production: its commit counts with the one that lists it."""
    told = [
        deployed("base", 1),
        published("a", 2, c1=1),
        published("b", 5, c1=1, c2=4),
        deployed("d1", 6, artifact="b"),
    ]
    value = spread(report_of(told).lead_time)
    assert (value.median, value.mean) == (3.5 * HOUR, 3.5 * HOUR)


def test_a_commit_in_two_artifacts_counts_at_the_first():
    """Listed again by the next artifact it counts once, with the earliest time it is given."""
    told = [
        deployed("base", 0),
        published("a", 2, c1=1.5),
        published("b", 5, c1=1, c2=5),
        deployed("d1", 3, artifact="a"),
        deployed("d2", 6, artifact="b"),
    ]
    found = report_of(told)
    assert found.lead_time.n == 2
    assert spread(found.lead_time).mean == 1.5 * HOUR


def test_merged_changes_are_deployed_or_wait():
    """Merge to deploy is measured; what is merged and not deployed has an age at the end."""
    told = [
        deployed("base", 0),
        merged("1", 2, "c1"),
        merged("2", 3, "c2"),
        published("a", 4, c1=1),
        deployed("d1", 7, artifact="a"),
    ]
    found = report_of(told, period=weeks(1))
    assert spread(found.merge_to_deploy).median == 5 * HOUR
    assert spread(found.undeployed_age).median == (7 * 24 - 3) * HOUR
    assert found.undeployed_age.n == 1


def test_time_to_first_deploy():
    """Scaffolded to first production deployment; a service still without one is counted."""
    told = [
        scaffolded("orders", 1, "payments"),
        scaffolded("billing", 2, "payments"),
        deployed("d0", 3, environment="dev"),
        deployed("d1", 5),
        deployed("d2", 9),
    ]
    found = report_of(told, group=PAYMENTS)
    assert spread(found.time_to_first_deploy).median == 4 * HOUR
    assert found.time_to_first_deploy.excluded == {"not_deployed": 1, "negative": 0}


def test_a_team_rolls_up_from_events_not_from_averages():
    """Lead times 1 h and 3 x 5 h over two services: the team's mean is 4 h, not 3 h."""
    told = [
        scaffolded("orders", 0, "payments", "shop"),
        scaffolded("billing", 0, "payments", "shop"),
        deployed("b1", 1),
        deployed("b2", 1, "billing"),
        published("a", 2, c1=2),
        published("b", 2, c2=2, c3=2, c4=2),
        deployed("d1", 3, artifact="a"),
        deployed("d2", 7, "billing", artifact="b"),
    ]
    for group in (PAYMENTS, Group(Level.DOMAIN, "shop"), ORGANISATION):
        found = report_of(told, group=group)
        assert spread(found.lead_time).mean == 4 * HOUR
        assert spread(found.lead_time).median == 5 * HOUR
        assert found.deployment_frequency.n == 4


def test_an_incident_without_a_service_is_the_organisations():
    """Nobody's incident is in the organisation's figures, unattributed, and in no service's."""
    told = [deployed("d1", 1), incident("i1", 2, service="")]
    assert report_of(told, group=ORGANISATION).quality.unattributed == 1
    assert report_of(told).quality.incidents == 0


def test_a_backward_period_is_refused():
    """A period that ends before it starts is the asker's mistake, and said so."""
    with pytest.raises(InputError, match="not after its start"):
        Period(at(2), at(1))
