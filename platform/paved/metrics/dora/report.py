"""Runs the expressions on a store and puts the reports together.

Ibis only writes the SQL; DuckDB runs it through the store's own connection, in temporary
tables. The few divisions of integers are made here, exactly. Left out: the definitions
(`history`, `samples`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import ibis  # type: ignore[import-untyped]
from ibis.expr.types import Table  # type: ignore[import-untyped]

from paved.adapters.duckdb import Database
from paved.metrics.dora.figures import DoraReport, Figure, Group, Quality, Spread, Status
from paved.metrics.dora.history import history
from paved.metrics.dora.plan import GROUPS, WINDOWS, Plan, Scope
from paved.metrics.dora.samples import (
    WEEKLY,
    Span,
    incident_totals,
    left_out,
    samples,
    statistics,
    totals,
)
from paved.metrics.settings import Settings
from paved.metrics.store import Store, Watermark
from paved.metrics.timeline import DAY, SECOND, Period, duration, micros

DIALECT = "duckdb"
Members = Mapping[Group, frozenset[str]]
_TYPES = {"string": "VARCHAR", "int64": "BIGINT"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a store.

    Args:
        period: over which time.
        members: the groups to report on, each with its services; "" stands for what names none.
        settings: environments and windows.
        as_of: number of the last event that counts; None: all of them.
        now: the moment to judge from what is still open or young; None: the watermark's time.
    """

    period: Period
    members: Members
    settings: Settings
    as_of: int | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Answers:
    """Rows per group, as the engine gave them."""

    totals: Mapping[str, Sequence[int]]
    incidents: Mapping[str, Sequence[int]]
    statistics: Mapping[tuple[str, str], Sequence[int]]
    excluded: Mapping[tuple[str, str, str], int]


def reports(store: Store, question: Question) -> list[DoraReport]:
    """Return one report for each group of the question, in its order.

    Raises EnvironmentProblem when the store cannot be read.
    """
    watermark = store.watermark(question.as_of)
    now = question.now or watermark.time or question.period.start
    span = Span(micros(question.period.start), micros(question.period.end), micros(now))
    answers = _ask(store.database, question, span, watermark)
    return [
        _Page(str(group), span, answers).report(group, question, watermark)
        for group in question.members
    ]


def _ask(database: Database, question: Question, span: Span, watermark: Watermark) -> _Answers:
    settings = question.settings
    own = {name: duration(length) for name, length in settings.failure_windows.items()}
    groups = [(str(group), name) for group, names in question.members.items() for name in names]
    _load(database, WINDOWS, list(own.items()))
    _load(database, GROUPS, groups)
    plan = Plan()
    production = tuple(sorted(settings.production))
    scope = Scope(watermark.sequence, production, duration(settings.failure_window))
    past = history(plan, scope)
    kept = plan.keep("dora_samples", samples(past, span))
    for name, expression in plan.steps:
        database.rows(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql(expression)}")
    return _Answers(
        totals={str(row[0]): _whole(row[1:]) for row in database.rows(sql(totals(past, span)))},
        incidents={
            str(row[0]): _whole(row[1:]) for row in database.rows(sql(incident_totals(past, span)))
        },
        statistics={
            (str(row[0]), str(row[1])): _whole(row[2:])
            for row in database.rows(sql(statistics(kept, span)))
        },
        excluded={
            (str(row[0]), str(row[1]), str(row[2])): int(str(row[3]))
            for row in database.rows(sql(left_out(kept)))
        },
    )


def sql(expression: Table, dialect: str = DIALECT) -> str:
    """Return an expression as one engine's SQL."""
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


def _whole(values: Iterable[object]) -> list[int]:
    return [int(str(value)) for value in values]


def _load(database: Database, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Fill a temporary table that the expressions read."""
    schema = table.schema()
    names = list(schema.names)
    types = [_TYPES[str(kind)] for kind in schema.types]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
    database.rows(f"CREATE OR REPLACE TEMP TABLE {table.get_name()} ({columns})")
    lists = ", ".join(f"unnest(?::{kind}[])" for kind in types)
    values = [[row[place] for row in rows] for place in range(len(names))]
    database.rows(f"INSERT INTO {table.get_name()} SELECT {lists}", values)


@dataclass(frozen=True, slots=True)
class _Page:
    """One group's answers, and the rules for a figure's status."""

    key: str
    span: Span
    answers: _Answers

    def report(self, group: Group, question: Question, watermark: Watermark) -> DoraReport:
        known, deployments, failed, young, rework = self.answers.totals.get(self.key, [0] * 5)
        incidents, unattributed = self.answers.incidents.get(self.key, [0] * 2)
        blame = {"unattributed_incidents": unattributed}
        return DoraReport(
            group=group,
            period=question.period,
            watermark=watermark,
            definitions=question.settings.definitions,
            quality=Quality(deployments, young, incidents, unattributed),
            deployment_frequency=self._frequency(known, deployments),
            deploy_days=self._weekly(known),
            lead_time=self._spread("lead_time", "first_deployment", "negative"),
            merge_to_deploy=self._spread("merge_to_deploy", "first_deployment", "negative"),
            undeployed_age=self._spread("undeployed_age"),
            change_fail_rate=self._rate(failed, deployments, young=young, excluded=blame),
            recovery_time=self._spread("recovery", "open", "negative", young=young),
            rework_rate=self._rate(rework, deployments),
            time_to_restore=self._spread("restore", "open", "negative", "undetected"),
            time_to_first_deploy=self._spread("first_deploy", "not_deployed", "negative"),
        )

    def _status(self, n: int, young: int = 0) -> Status:
        if n == 0:
            return Status.NO_DATA
        unfinished = young > 0 or self.span.now < self.span.end
        return Status.PROVISIONAL if unfinished else Status.OK

    def _frequency(self, known: int, deployments: int) -> Figure:
        status = self._status(known)
        value = float(Fraction(deployments * DAY, self.span.end - self.span.start))
        shown = None if status is Status.NO_DATA else value
        return Figure(shown, "deployments/day", deployments, status)

    def _weekly(self, known: int) -> Figure:
        """Return the days with a deployment per week; weeks with none are zeros."""
        weeks = self.span.weeks
        tail = (self.span.end - self.span.start) % (7 * DAY)
        excluded = {"days_in_partial_week": -(-tail // DAY)}
        status = self._status(weeks if known else 0)
        if status is Status.NO_DATA:
            return Figure(None, "days/week", 0, status, excluded)
        row = self.answers.statistics.get((self.key, WEEKLY), [weeks, 0, 0, 0])
        return Figure(_spread(row, 1), "days/week", weeks, status, excluded)

    def _rate(
        self,
        part: int,
        whole: int,
        *,
        young: int = 0,
        excluded: Mapping[str, int] | None = None,
    ) -> Figure:
        value = float(Fraction(part, whole)) if whole else None
        return Figure(value, "ratio", whole, self._status(whole, young), excluded or {})

    def _spread(self, name: str, *reasons: str, young: int = 0) -> Figure:
        row = self.answers.statistics.get((self.key, name), [0])
        excluded = {
            reason: self.answers.excluded.get((self.key, name, reason), 0) for reason in reasons
        }
        value = _spread(row, SECOND) if row[0] else None
        return Figure(value, "seconds", row[0], self._status(row[0], young), excluded)


def _spread(row: Sequence[int], scale: int) -> Spread:
    """Return the statistics of a row (n, total, 2 x median, 10 x p90), exact until here."""
    n, total, twice_median, ten_p90 = row
    return Spread(
        median=float(Fraction(twice_median, 2 * scale)),
        p90=float(Fraction(ten_p90, 10 * scale)),
        mean=float(Fraction(total, n * scale)),
    )
