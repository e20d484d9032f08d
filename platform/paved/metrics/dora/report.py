"""Asks a store for the figures of some groups, and puts the reports together.

The few divisions of integers are made here, exactly. Left out: the definitions (`history`,
`failures`, `samples`) and running them (`engine`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from paved.adapters.duckdb import Database
from paved.metrics.dora.engine import keep, load, script
from paved.metrics.dora.figures import DoraReport, Figure, Group, Quality, Spread, Status
from paved.metrics.dora.plan import GROUPS, PRODUCTION, QUESTION, WINDOWS
from paved.metrics.dora.samples import WEEKLY
from paved.metrics.settings import Settings
from paved.metrics.store import Store, Watermark
from paved.metrics.timeline import DAY, SECOND, WEEK, Period, duration, micros

Members = Mapping[Group, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Query:
    """What to report on.

    Args:
        period: over which time.
        settings: environments and windows.
        as_of: number of the last event that counts; None: all. Fixing it makes a report
            repeatable whatever arrives later.
        now: the moment to judge from what is still open or young; None: the time of the last
            event that counts.
    """

    period: Period
    settings: Settings = field(default_factory=Settings)
    as_of: int | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    """The period in microseconds, and the moment from which it is judged."""

    start: int
    end: int
    now: int

    @property
    def weeks(self) -> int:
        """How many whole weeks the period has, counted from its start."""
        return (self.end - self.start) // WEEK


@dataclass(frozen=True, slots=True)
class _Answers:
    """Rows per group, as the engine gave them."""

    totals: Mapping[str, Sequence[int]]
    incidents: Mapping[str, Sequence[int]]
    statistics: Mapping[tuple[str, str], Sequence[int]]
    excluded: Mapping[tuple[str, str, str], int]


def reports(store: Store, query: Query, members: Members) -> list[DoraReport]:
    """Return one report for each group, in the order of `members`.

    Args:
        store: where the events are.
        query: the period and how to judge it.
        members: the groups, each with its services; "" stands for what names no service.

    Raises EnvironmentProblem when the store cannot be read.
    """
    watermark = store.watermark(query.as_of)
    now = query.now or watermark.time or query.period.start
    span = _Span(micros(query.period.start), micros(query.period.end), micros(now))
    _load_inputs(store.database, query.settings, span, watermark)
    _load_groups(store.database, members)
    answers = _ask(store.database)
    return [_Page(str(group), span, answers).report(group, query, watermark) for group in members]


def _ask(database: Database) -> _Answers:
    queries = script()
    for name, query in queries.steps:
        keep(database, name, query)
    return _Answers(
        totals={str(row[0]): _whole(row[1:]) for row in database.rows(queries.totals)},
        incidents={str(row[0]): _whole(row[1:]) for row in database.rows(queries.incidents)},
        statistics={
            (str(row[0]), str(row[1])): _whole(row[2:]) for row in database.rows(queries.statistics)
        },
        excluded={
            (str(row[0]), str(row[1]), str(row[2])): int(str(row[3]))
            for row in database.rows(queries.excluded)
        },
    )


def _load_inputs(database: Database, settings: Settings, span: _Span, watermark: Watermark) -> None:
    numbers = {
        "as_of": watermark.sequence,
        "window_us": duration(settings.failure_window),
        "start_us": span.start,
        "end_us": span.end,
        "now_us": span.now,
        "weeks": span.weeks,
        "weeks_end_us": span.start + span.weeks * WEEK,
        "judged_us": min(span.end, span.now),
    }
    load(database, QUESTION, [[numbers[name] for name in QUESTION.schema().names]])
    load(database, PRODUCTION, [[name] for name in settings.production])
    windows = settings.failure_windows.items()
    load(database, WINDOWS, [[name, duration(length)] for name, length in windows])


def _load_groups(database: Database, members: Members) -> None:
    rows = [[str(group), name] for group, names in members.items() for name in names]
    load(database, GROUPS, rows)


def _whole(values: Iterable[object]) -> list[int]:
    return [int(str(value)) for value in values]


@dataclass(frozen=True, slots=True)
class _Page:
    """One group's answers, and the rules for a figure's status."""

    key: str
    span: _Span
    answers: _Answers

    def report(self, group: Group, query: Query, watermark: Watermark) -> DoraReport:
        known, deployments, failed, young, rework = self.answers.totals.get(self.key, [0] * 5)
        incidents, unattributed = self.answers.incidents.get(self.key, [0] * 2)
        blame = {"unattributed_incidents": unattributed}
        return DoraReport(
            group=group,
            period=query.period,
            watermark=watermark,
            definitions=query.settings.definitions,
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
        tail = (self.span.end - self.span.start) % WEEK
        excluded = {"days_in_partial_week": -(-tail // DAY)}
        status = self._status(weeks if known else 0)
        if status is Status.NO_DATA:
            return Figure(None, "days/week", 0, status, excluded)
        row = self.answers.statistics.get((self.key, WEEKLY), [weeks, 0, 0, 0])
        value = _spread(row, 1)
        return Figure(value.median, "days/week", weeks, status, excluded, value)

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
        status = self._status(row[0], young)
        if status is Status.NO_DATA:
            return Figure(None, "seconds", 0, status, excluded)
        value = _spread(row, SECOND)
        return Figure(value.median, "seconds", row[0], status, excluded, value)


def _spread(row: Sequence[int], scale: int) -> Spread:
    """Return the statistics of a row (n, total, 2 x median, 10 x p90), exact until here."""
    n, total, twice_median, ten_p90 = row
    return Spread(
        median=float(Fraction(twice_median, 2 * scale)),
        p90=float(Fraction(ten_p90, 10 * scale)),
        mean=float(Fraction(total, n * scale)),
    )
