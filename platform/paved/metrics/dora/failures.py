"""Which deployment an incident is put down to, and which deployments repair one, in Ibis.

An explicit link wins; else the service's latest deployment at most W before the detection; else
none. Never a deployment of another service, unless a link says so.
"""

import ibis  # type: ignore[import-untyped]
from ibis import _
from ibis.expr.types import Table  # type: ignore[import-untyped]

from paved.metrics.dora.plan import GROUPS, ORDER, PRODUCTION, SHARED, facts, flag, number


def concerned(told: Table) -> Table:
    """Return the services asked for, and those whose deployments an incident names as cause."""
    causes = facts("incidents").select("cause").distinct()
    return ibis.union(
        GROUPS.select("service"),
        told.join(causes, told.id == causes.cause).select("service"),
        told.join(causes, told.deployment == causes.cause).filter(_.cause != "").select("service"),
        distinct=True,
    )


def incident_list() -> Table:
    """Return each production incident once, with what was said of it last.

    `detected_us` is the first detection or report, `resolved_us` the last resolution; NULL where
    there is none.
    """
    told = facts("incidents")
    times = told.group_by("incident").aggregate(
        detected_us=told.at_us.min(where=~told.resolved),
        resolved_us=told.at_us.max(where=told.resolved),
    )
    for column in ("environment", "service", "cause"):
        last = _last_said(told, column)
        joined = times.left_join(last, times.incident == last.said_of)
        times = joined.mutate(**{column: ibis.coalesce(joined[column], "")}).drop("said_of")
    return times.semi_join(PRODUCTION, "environment").drop("environment")


def _last_said(told: Table, column: str) -> Table:
    said = told.filter(told[column] != "")
    latest = [ibis.desc(name) for name in ORDER]
    return (
        said.mutate(place=number(["incident"], latest))
        .filter(_.place == 0)
        .select(column, said_of="incident")
    )


def by_link(told: Table, ranked: Table, incidents: Table) -> Table:
    """Return failures by explicit link: an event's or a deployment's id, of any service.

    Of several deployments with that id: the incident's own service's, one before the detection,
    the latest.
    """
    caused = incidents.filter(incidents.cause != "").rename(affected="service")
    found = caused.join(_names(told, caused), "cause").join(ranked, "seq")
    order = [
        ibis.desc(flag(found.service == found.affected)),
        ibis.desc(flag(ibis.coalesce(found.at_us <= found.detected_us, ibis.literal(value=False)))),
        ibis.desc("at_us"),
        ibis.desc("rank"),
        "service",
    ]
    return _failures(found.mutate(place=number(["incident"], order)).filter(_.place == 0))


def _names(told: Table, caused: Table) -> Table:
    """Return (cause, seq): the deployments that the incidents' links name."""
    wanted = caused.select("cause").distinct()
    shared = told.filter(told.deployment != "")
    kept = (
        shared.mutate(copy=number(SHARED, list(ORDER)))
        .filter(_.copy == 0)
        .select(*SHARED, kept="seq")
    )
    copies = shared.join(kept, SHARED)
    own = told.filter(told.deployment == "")
    return ibis.union(
        own.join(wanted, own.id == wanted.cause).select("cause", "seq"),
        copies.join(wanted, copies.id == wanted.cause).select("cause", seq="kept"),
        copies.join(wanted, copies.deployment == wanted.cause).select("cause", seq="kept"),
        distinct=True,
    )


def by_time(ranked: Table, incidents: Table) -> Table:
    """Return failures without a link: the service's latest deployment, at most W before."""
    unlinked = incidents.filter(
        (_.cause == "") & (_.service != "") & _.detected_us.notnull()
    ).mutate(at_us=_.detected_us, after=ibis.literal(1, "int8"), rank=ibis.null("int64"))
    columns = ["service", "at_us", "after", "rank", "incident", "detected_us", "resolved_us"]
    past = ranked.mutate(
        after=ibis.literal(0, "int8"),
        incident=ibis.literal(""),
        detected_us=ibis.null("int64"),
        resolved_us=ibis.null("int64"),
    )
    line = past.select(*columns).union(unlinked.select(*columns))
    latest = ibis.cumulative_window(group_by="service", order_by=["at_us", "after", "rank"])
    seen = line.mutate(rank=line.rank.max().over(latest)).filter((_.after == 1) & _.rank.notnull())
    found = seen.drop("at_us").join(ranked, ["service", "rank"])
    return _failures(found.filter(_.detected_us - _.at_us <= _.window_us))


def _failures(found: Table) -> Table:
    """Return (deployment, incident) pairs in the one shape that both ways share."""
    return found.select(
        "service", "rank", "at_us", "window_us", "incident", "detected_us", "resolved_us"
    )


def repairing(ranked: Table, failures: Table) -> Table:
    """Return deployments made while a failure of an earlier one of the service was open.

    Open: after its detection, up to its resolution and at most W long.
    """
    limit = failures.detected_us + failures.window_us
    early = failures.resolved_us.notnull() & (failures.resolved_us < limit)
    start = ibis.ifelse(failures.at_us > failures.detected_us, failures.at_us, failures.detected_us)
    spans = failures.select(
        "service",
        moment=start,
        after=ibis.literal(1, "int8"),
        rank=ibis.null("int64"),
        until=ibis.ifelse(early, failures.resolved_us, limit),
    )
    points = ranked.select(
        "service",
        moment=ranked.at_us,
        after=ibis.literal(0, "int8"),
        rank=ranked.rank,
        until=ibis.null("int64"),
    )
    line = points.union(spans)
    past = ibis.cumulative_window(group_by="service", order_by=["moment", "after", "rank"])
    covered = line.mutate(covered=line.until.max().over(past))
    return covered.filter((_.after == 0) & (_.covered >= _.moment)).select(
        fixed_service="service", fixed_rank="rank"
    )
