"""Changes on their way to production, each with a history to compute by hand."""

from paved.metrics.dora import ORGANISATION, Group, Level
from paved.metrics.events import (
    ArtifactPublished,
    Commit,
    ServiceDeployed,
)
from paved.metrics.tests.story import (
    HOUR,
    at,
    deployed,
    event,
    incident,
    merged,
    published,
    report_of,
    resolved,
    scaffolded,
    spread,
    weeks,
)

PAYMENTS = Group(Level.TEAM, "payments")


def test_an_incident_before_the_first_deployment_is_unattributed():
    """Nothing was deployed before it: it fails nothing, and is shown."""
    found = report_of([incident("i1", 1), resolved("i1", 2), deployed("d1", 3)])
    assert found.change_fail_rate.value == 0.0
    assert found.quality.unattributed == 1
    assert spread(found.time_to_restore).median == HOUR


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
