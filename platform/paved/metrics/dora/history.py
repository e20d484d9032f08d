"""What happened, as Ibis expressions: deployments and their fate, commits' first containment.

The definitions' rules stand here and in `failures` once, and compile for any engine. Left out:
figures over a period (`samples`) and running (`report`).
"""

from dataclasses import dataclass

import ibis  # type: ignore[import-untyped]
from ibis import _
from ibis.expr.types import Table  # type: ignore[import-untyped]

from paved.metrics.dora.failures import by_link, by_time, concerned, incident_list, repairing
from paved.metrics.dora.plan import (
    ORDER,
    PRODUCTION,
    SHARED,
    WINDOWS,
    Plan,
    asked,
    facts,
    flag,
    number,
)


@dataclass(frozen=True, slots=True)
class History:
    """The kept tables, each described by the function below that makes it."""

    deployments: Table
    incidents: Table
    failures: Table
    contained: Table
    changes: Table
    scaffolds: Table


def history(plan: Plan) -> History:
    """Add the steps that derive what happened, and return their tables."""
    told = facts("deployments").semi_join(PRODUCTION, "environment")
    asked_for = plan.keep("dora_concerned", concerned(told))
    told = plan.keep("dora_told", told.semi_join(asked_for, "service").drop("environment"))
    firsts = plan.keep("dora_firsts", told.group_by("service").aggregate(first_us=told.at_us.min()))
    ranked = plan.keep("dora_ranked", _ranked(told))
    incidents = plan.keep("dora_incidents", incident_list())
    linked = plan.keep("dora_linked", by_link(told, ranked, incidents))
    guessed = plan.keep("dora_guessed", by_time(ranked, incidents))
    failures = plan.keep("dora_failures", linked.union(guessed))
    contained = plan.keep("dora_contained", _contained(told, firsts))
    return History(
        deployments=plan.keep("dora_deployments", _delivered(ranked, failures)),
        incidents=incidents,
        failures=failures,
        contained=contained,
        changes=plan.keep("dora_changes", _changes(contained)),
        scaffolds=plan.keep("dora_scaffolds", _scaffolds(firsts)),
    )


def _ranked(told: Table) -> Table:
    """Return each production deployment once, numbered within its service in order of time.

    An id that several events share is one deployment, at the earliest of them; a label, or a
    repaired deployment, that any of them names holds.
    """
    columns = ["seq", "service", *ORDER, "label", "repairs"]
    flagged = told.mutate(label=flag(told.label), repairs=flag(told.repairs))
    own = flagged.filter(_.deployment == "").select(*columns)
    group = ibis.window(group_by=SHARED)
    shared = (
        flagged.filter(_.deployment != "")
        .mutate(
            copy=number(SHARED, list(ORDER)),
            label=_.label.max().over(group),
            repairs=_.repairs.max().over(group),
        )
        .filter(_.copy == 0)
        .select(*columns)
    )
    ranked = own.union(shared).mutate(rank=number(["service"], list(ORDER)))
    windows = WINDOWS.select(windowed="service", own_us="window_us")
    return ranked.left_join(windows, ranked.service == windows.windowed).select(
        "seq",
        "service",
        "rank",
        "at_us",
        "label",
        "repairs",
        window_us=ibis.coalesce(_.own_us, asked("window_us")),
    )


def _delivered(ranked: Table, failures: Table) -> Table:
    """Return the deployments with what became of them.

    `failed` incidents put down to it, `open` ones of them, `resolved_us` the last resolution;
    `rework` by label, else by rollback or repaired deployment, else by an open failure.
    """
    fate = failures.group_by(failed_service="service", failed_rank="rank").aggregate(
        failed=_.count(),
        open=_.resolved_us.isnull().sum(),
        resolved_us=_.resolved_us.max(),
    )
    repairs = repairing(ranked, failures)
    joined = ranked.left_join(
        fate, (ranked.service == fate.failed_service) & (ranked.rank == fate.failed_rank)
    )
    joined = joined.left_join(
        repairs, (joined.service == repairs.fixed_service) & (joined.rank == repairs.fixed_rank)
    )
    heuristic = joined.fixed_rank.notnull() | (joined.repairs == 1)
    return joined.select(
        "service",
        "rank",
        "at_us",
        "window_us",
        "resolved_us",
        failed=ibis.coalesce(joined.failed, 0),
        open=ibis.coalesce(joined.open, 0),
        rework=ibis.coalesce(joined.label, flag(heuristic)),
    )


def _contained(told: Table, firsts: Table) -> Table:
    """Return for each service and commit when a deployment first contained the commit.

    `base` marks the service's first known deployment: whether it was the commit's first, nobody
    can tell.
    """
    contents = facts("contents")
    runs = told.group_by("service", "artifact").aggregate(at_us=told.at_us.min())
    found = runs.join(contents.select("artifact", "commit_id", "authored_us"), "artifact")
    first = found.group_by("service", "commit_id").aggregate(
        at_us=found.at_us.min(), authored_us=found.authored_us.min()
    )
    joined = first.join(firsts, "service")
    return joined.mutate(base=flag(joined.at_us == joined.first_us)).drop("first_us")


def _changes(contained: Table) -> Table:
    """Return each merged change per service, with its first deployment there (or NULL).

    A change that names no service belongs to service "", and is deployed where it first was.
    """
    told = facts("merges")
    merged = told.group_by("change", "service").aggregate(merged_us=told.at_us.min())
    commits = told.filter(told.commit_id != "").select("change", "service", "commit_id").distinct()
    columns = ["change", "service", "at_us", "base"]
    named = commits.filter(commits.service != "").join(contained, ["service", "commit_id"])
    anywhere = commits.filter(commits.service == "").join(contained.drop("service"), "commit_id")
    hits = named.select(*columns).union(anywhere.select(*columns))
    first = hits.group_by(done="change", there="service").aggregate(
        deployed_us=hits.at_us.min(), normal_us=hits.at_us.min(where=hits.base == 0)
    )
    joined = merged.left_join(
        first, (merged.change == first.done) & (merged.service == first.there)
    )
    normal = ibis.coalesce(joined.normal_us == joined.deployed_us, ibis.literal(value=False))
    return joined.select("change", "service", "merged_us", "deployed_us", base=flag(~normal))


def _scaffolds(firsts: Table) -> Table:
    """Return each scaffolded service with its first production deployment (or NULL)."""
    told = facts("scaffolds")
    made = told.group_by("service").aggregate(scaffolded_us=told.at_us.min())
    live = firsts.select(live="service", deployed_us="first_us")
    return made.left_join(live, made.service == live.live).drop("live")
