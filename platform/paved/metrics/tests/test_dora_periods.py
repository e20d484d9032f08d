"""Periods, days, weeks and medians, each with a history to compute by hand."""

from datetime import UTC, datetime

import pytest

from paved.errors import InputError
from paved.metrics.dora import Status
from paved.metrics.events import (
    ArtifactPublished,
    Commit,
    Event,
    IncidentUpdate,
    Phase,
    ServiceDeployed,
)
from paved.metrics.tests.story import (
    HOUR,
    SOURCE,
    accepted,
    at,
    deployed,
    event,
    incident,
    published,
    purl,
    report_of,
    resolved,
    spread,
    store_of,
    weeks,
)
from paved.metrics.timeline import Period


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


def test_a_backward_period_is_refused():
    """A period that ends before it starts is the asker's mistake, and said so."""
    with pytest.raises(InputError, match="not after its start"):
        Period(at(2), at(1))
