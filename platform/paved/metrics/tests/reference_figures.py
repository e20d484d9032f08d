# ruff: noqa: INP001  a folder of tests is no package
"""The figures once more, slow and obvious, from `reference`'s history; only for tests."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby

from paved.metrics.tests.reference import Deployment, History, Incident
from paved.metrics.timeline import Period

US = timedelta(microseconds=1)
DAY = timedelta(days=1)
Result = dict[str, object]


def spread(lengths: Sequence[Fraction]) -> tuple[float, float, float] | None:
    """Return median, 90th percentile and mean, or None of nothing."""
    if not lengths:
        return None
    values = sorted(lengths)
    return (
        float(quantile(values, Fraction(1, 2))),
        float(quantile(values, Fraction(9, 10))),
        float(sum(values) / len(values)),
    )


def quantile(values: Sequence[Fraction], part: Fraction) -> Fraction:
    """Return a quantile, interpolated between neighbours."""
    reach = (len(values) - 1) * part
    lower = int(reach)
    upper = min(lower + 1, len(values) - 1)
    return values[lower] + (values[upper] - values[lower]) * (reach - lower)


def seconds(length: timedelta) -> Fraction:
    """Return a length in seconds, exactly."""
    return Fraction(length // US, 1_000_000)


def measure(samples: Iterable[tuple[timedelta | None, str]]) -> Result:
    """Return a distribution's statistics, n, and what was left out."""
    kept: list[Fraction] = []
    left: dict[str, int] = {}
    for length, reason in samples:
        why = reason or ("negative" if length is not None and length < timedelta(0) else "")
        if why or length is None:
            left[why] = left.get(why, 0) + 1
        else:
            kept.append(seconds(length))
    return {"value": spread(kept), "n": len(kept), "excluded": left}


class Answer:
    """The figures of one set of services over one period."""

    def __init__(
        self, past: History, services: frozenset[str], period: Period, now: datetime
    ) -> None:
        """Select what belongs to the services and the period."""
        self.past, self.services, self.period, self.now = past, services, period, now
        mine = [one for one in past.deployments if one.service in services]
        self.known = [one for one in mine if one.time < period.end]
        self.deployments = [one for one in mine if self.inside(one.time)]

    def inside(self, moment: datetime | None) -> bool:
        """Return whether a moment is in the period."""
        return moment is not None and self.period.start <= moment < self.period.end

    def happened(self, moment: datetime | None) -> bool:
        """Return whether a moment is before the period's end and not after now."""
        return moment is not None and moment < self.period.end and moment <= self.now

    def figures(self) -> Mapping[str, Result]:
        """Return every figure as value, n and non-zero exclusions."""
        failed = [one for one in self.deployments if one.failures]
        rework = [one for one in self.deployments if self.past.is_rework(one)]
        return {
            "deployment_frequency": self.frequency(),
            "deploy_days": self.deploy_days(),
            "lead_time": measure(self.lead_times()),
            "merge_to_deploy": measure(self.merge_times()),
            "undeployed_age": measure(self.undeployed()),
            "change_fail_rate": self.rate(failed) | {"excluded": self.unattributed()},
            "recovery_time": measure(self.recoveries(failed)),
            "rework_rate": self.rate(rework),
            "time_to_restore": measure(self.restores()),
            "time_to_first_deploy": measure(self.first_deploys()),
        }

    def provisional(self) -> int:
        """Return how many deployments are younger than W."""
        return sum(self.now - one.time < self.past.window(one.service) for one in self.deployments)

    def frequency(self) -> Result:
        """Deployments per day."""
        days = Fraction((self.period.end - self.period.start) // US, DAY // US)
        value = float(len(self.deployments) / days) if self.known else None
        return {"value": value, "n": len(self.deployments), "excluded": {}}

    def deploy_days(self) -> Result:
        """Days with a deployment, per whole week."""
        weeks = (self.period.end - self.period.start) // (7 * DAY)
        rest = (self.period.end - self.period.start) - weeks * 7 * DAY
        excluded = {"days_in_partial_week": -(-rest // DAY)} if rest else {}
        days = {(one.time - self.period.start) // DAY for one in self.deployments}
        counts = [Fraction(sum(day // 7 == week for day in days)) for week in range(weeks)]
        if not self.known or not weeks:
            return {"value": None, "n": 0, "excluded": excluded}
        return {"value": spread(counts), "n": weeks, "excluded": excluded}

    def rate(self, part: Sequence[Deployment]) -> Result:
        """Return a share of the period's deployments."""
        whole = len(self.deployments)
        return {"value": len(part) / whole if whole else None, "n": whole, "excluded": {}}

    def lead_times(self) -> Iterable[tuple[timedelta | None, str]]:
        """Yield each commit once: authored to first deployed."""
        first = self.past.first_deployed()
        mine = [
            (commit, live == first[service], live, authored)
            for (service, commit), (live, authored) in self.past.contained().items()
            if service in self.services
        ]
        for _, group in groupby(sorted(mine, key=lambda row: row[:3]), key=lambda row: row[0]):
            rows = list(group)
            _, base, live, _ = rows[0]
            if self.inside(live):
                authored = min(row[3] for row in rows)
                yield live - authored, "first_deployment" if base else ""

    def changes(self) -> Iterable[tuple[datetime, datetime | None, bool]]:
        """Yield each change of a service: merged, first deployed, whether with the first one."""
        first = self.past.first_deployed()
        for (_, _, service), (merged, commits) in self.past.changes().items():
            if service in self.services:
                lives = sorted(
                    (live, live == first[home])
                    for (home, commit), (live, _) in self.past.contained().items()
                    if commit in commits and service in ("", home)
                )
                yield (merged, *lives[0]) if lives else (merged, None, False)

    def merge_times(self) -> Iterable[tuple[timedelta | None, str]]:
        """Yield merged to first deployed."""
        for merged, live, base in self.changes():
            if live is not None and self.inside(live):
                yield live - merged, "first_deployment" if base else ""

    def undeployed(self) -> Iterable[tuple[timedelta | None, str]]:
        """Yield the age of what is merged and not deployed."""
        for merged, live, _ in self.changes():
            if self.happened(merged) and not self.happened(live):
                yield min(self.period.end, self.now) - merged, ""

    def recoveries(self, failed: Iterable[Deployment]) -> Iterable[tuple[timedelta | None, str]]:
        """Yield deployed to the last resolution."""
        for one in failed:
            ends = [incident.resolved for incident in one.failures if incident.resolved]
            if len(ends) < len(one.failures):
                yield None, "open"
            else:
                yield max(ends) - one.time, ""

    def mine(self) -> list[Incident]:
        """Return the services' incidents."""
        return [incident for incident in self.past.incidents if incident.service in self.services]

    def unattributed(self) -> dict[str, int]:
        """Count the period's incidents that no deployment is blamed for."""
        blamed = {id(failure) for one in self.past.deployments for failure in one.failures}
        left = [i for i in self.mine() if self.inside(i.detected) and id(i) not in blamed]
        return {"unattributed_incidents": len(left)} if left else {}

    def restores(self) -> Iterable[tuple[timedelta | None, str]]:
        """Yield detected to resolved."""
        for incident in self.mine():
            if self.inside(incident.detected or incident.resolved):
                if incident.detected is None:
                    yield None, "undetected"
                elif incident.resolved is None:
                    yield None, "open"
                else:
                    yield incident.resolved - incident.detected, ""

    def first_deploys(self) -> Iterable[tuple[timedelta | None, str]]:
        """Yield scaffolded to first deployed."""
        first = self.past.first_deployed()
        for service, made in self.past.scaffolded().items():
            live = first.get(service)
            if service not in self.services:
                continue
            if live is not None and self.happened(live):
                if self.inside(live):
                    yield live - made, ""
            elif self.happened(made):
                yield None, "not_deployed"
