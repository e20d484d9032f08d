"""From what happened to samples over a period, and from samples to exact statistics, in Ibis.

A sample is one measured length for one group, or the reason why one was left out. All
statistics come back as integers; dividing them is left to `report`, so that no engine's
rounding shows.
"""

import ibis  # type: ignore[import-untyped]
from ibis import _
from ibis.expr.types import BooleanColumn, IntegerColumn, StringColumn, Table  # type: ignore[import-untyped]

from paved.metrics.dora.history import History
from paved.metrics.dora.plan import GROUPS, asked
from paved.metrics.timeline import DAY, WEEK

WEEKLY = "deploy_days"


def _inside(moment: IntegerColumn) -> BooleanColumn:
    return (moment >= asked("start_us")) & (moment < asked("end_us"))


def _happened(moment: IntegerColumn) -> BooleanColumn:
    """Whether a moment (or NULL: never) lies before the period's end, and not after now."""
    return ibis.coalesce(
        (moment < asked("end_us")) & (moment <= asked("now_us")), ibis.literal(value=False)
    )


def _grouped(table: Table) -> Table:
    """Return a table's rows once for each group that its service belongs to."""
    return table.join(GROUPS, "service")


def _sample(table: Table, name: str, value: IntegerColumn, reason: StringColumn) -> Table:
    return table.select(
        "grouping",
        figure=ibis.literal(name),
        value=ibis.ifelse(reason == "", value, ibis.null("int64")),
        reason=reason,
    )


def _reason(*cases: tuple[BooleanColumn, str]) -> StringColumn:
    return ibis.cases(*cases, else_="")


def samples(history: History) -> Table:
    """Return the samples of every figure: grouping, figure, value (us; days), reason."""
    return ibis.union(
        _deploy_days(history.deployments),
        _lead_time(history.contained),
        _merge_to_deploy(history.changes),
        _undeployed(history.changes),
        _recovery(history.deployments),
        _restore(history.incidents),
        _first_deploy(history.scaffolds),
    )


def _deploy_days(deployments: Table) -> Table:
    """Sample the days with a deployment of each whole week that has any."""
    whole = _grouped(deployments).filter(
        (_.at_us >= asked("start_us")) & (_.at_us < asked("weeks_end_us"))
    )
    since = whole.at_us - asked("start_us")
    days = whole.select("grouping", day=since - since % DAY).distinct()
    weeks = days.mutate(week=days.day - days.day % WEEK).group_by("grouping", "week")
    counted = weeks.aggregate(days=_.count())
    return _sample(counted, WEEKLY, counted.days, ibis.literal(""))


def _lead_time(contained: Table) -> Table:
    """Sample each commit of a group once: authored to first deployed."""
    found = _grouped(contained)
    once = found.group_by("grouping", "commit_id").aggregate(
        first_us=found.at_us.min(),
        normal_us=found.at_us.min(where=found.base == 0),
        authored_us=found.authored_us.min(),
    )
    dated = once.mutate(at_us=ibis.coalesce(once.normal_us, once.first_us))
    inside = dated.filter(_inside(dated.at_us))
    value = inside.at_us - inside.authored_us
    reason = _reason((inside.normal_us.isnull(), "first_deployment"), (value < 0, "negative"))
    return _sample(inside, "lead_time", value, reason)


def _merge_to_deploy(changes: Table) -> Table:
    """Sample each change of a service: merged to first deployed."""
    deployed = changes.filter(changes.deployed_us.notnull())
    done = _grouped(deployed.filter(_inside(deployed.deployed_us)))
    value = done.deployed_us - done.merged_us
    reason = _reason((done.base == 1, "first_deployment"), (value < 0, "negative"))
    return _sample(done, "merge_to_deploy", value, reason)


def _undeployed(changes: Table) -> Table:
    """Sample the age, at the period's end, of changes that were not deployed by then."""
    merged = _grouped(changes)
    waiting = merged.filter(_happened(merged.merged_us) & ~_happened(merged.deployed_us))
    return _sample(
        waiting, "undeployed_age", asked("judged_us") - waiting.merged_us, ibis.literal("")
    )


def _recovery(deployments: Table) -> Table:
    """Sample each failed deployment: deployed to its last failure's resolution."""
    failed = _grouped(deployments).filter((_.failed > 0) & _inside(_.at_us))
    value = failed.resolved_us - failed.at_us
    return _sample(
        failed, "recovery", value, _reason((failed.open > 0, "open"), (value < 0, "negative"))
    )


def _restore(incidents: Table) -> Table:
    """Sample each incident: detected to resolved."""
    known = _grouped(incidents).filter(_inside(ibis.coalesce(_.detected_us, _.resolved_us)))
    value = known.resolved_us - known.detected_us
    reason = _reason(
        (known.detected_us.isnull(), "undetected"),
        (known.resolved_us.isnull(), "open"),
        (value < 0, "negative"),
    )
    return _sample(known, "restore", value, reason)


def _first_deploy(scaffolds: Table) -> Table:
    """Sample each scaffolded service: scaffolded to first deployed."""
    made = _grouped(scaffolds)
    deployed = _happened(made.deployed_us)
    waiting = _happened(made.scaffolded_us) & ~deployed
    due = made.mutate(waiting=waiting).filter(waiting | (deployed & _inside(made.deployed_us)))
    value = due.deployed_us - due.scaffolded_us
    reason = _reason((due.waiting, "not_deployed"), (value < 0, "negative"))
    return _sample(due, "first_deploy", value, reason)


def statistics(kept: Table) -> Table:
    """Return per group and figure: n, total, twice the median, ten times the 90th percentile.

    Order statistics interpolate linearly between neighbours (Hyndman and Fan's type 7). Weeks
    without a deployment have no sample; they count as zeros, which come first.
    """
    some = kept.filter(kept.reason == "")
    by = ["grouping", "figure"]
    placed = some.mutate(
        place=ibis.row_number().over(ibis.window(group_by=by, order_by="value")),
        present=some.value.count().over(ibis.window(group_by=by)),
    )
    weekly = placed.figure == WEEKLY
    counted = placed.mutate(n=ibis.ifelse(weekly, asked("weeks"), placed.present))
    ordered = counted.mutate(place=counted.place + counted.n - counted.present)
    return ordered.group_by(by).aggregate(
        n=ordered.n.max(),
        total=ordered.value.cast("decimal(38, 0)").sum(),
        median_2=_share(ordered, 1, 2).sum(),
        p90_10=_share(ordered, 9, 10).sum(),
    )


def _share(ordered: Table, part: int, whole: int) -> IntegerColumn:
    """Return what a value adds to `whole` times its group's part/whole quantile."""
    reach = (ordered.n - 1) * part
    rest = reach % whole
    at_lower = ordered.place * whole == reach - rest
    at_upper = ordered.place * whole == reach - rest + whole
    weight = ibis.ifelse(at_lower, whole - rest, ibis.ifelse(at_upper, rest, 0))
    return ordered.value * weight


def left_out(kept: Table) -> Table:
    """Return per group, figure and reason how many samples were left out."""
    excluded = kept.filter(kept.reason != "")
    return excluded.group_by("grouping", "figure", "reason").aggregate(left=_.count())


def totals(history: History) -> Table:
    """Return per group the deployments known, in the period, failed, young, and rework."""
    found = _grouped(history.deployments)
    inside = _inside(found.at_us)
    young = found.at_us + found.window_us > asked("now_us")
    return found.group_by("grouping").aggregate(
        known=(found.at_us < asked("end_us")).sum(),
        deployments=inside.sum(),
        failed=(inside & (found.failed > 0)).sum(),
        young=(inside & young).sum(),
        rework=(inside & (found.rework == 1)).sum(),
    )


def incident_totals(history: History) -> Table:
    """Return per group the incidents detected in the period, and those put down to nothing."""
    blamed = history.failures.select(known="incident").distinct()
    found = _grouped(history.incidents).filter(_inside(_.detected_us))
    joined = found.left_join(blamed, found.incident == blamed.known)
    return joined.group_by("grouping").aggregate(
        incidents=_.count(), unattributed=_.known.isnull().sum()
    )
