"""Time in the metrics: whole microseconds since 1970-01-01T00:00:00Z, and half-open periods.

Integers leave no room for a local time zone, and add up without rounding. Left out: calendars;
a day is 24 hours of UTC, so that neither daylight saving nor leap days bend a figure.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from paved.errors import InputError, Problem

SECOND = 1_000_000
DAY = 86_400 * SECOND
WEEK = 7 * DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", flags=re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", flags=re.ASCII)


def micros(moment: datetime) -> int:
    """Return a moment with a time zone as microseconds since 1970 in UTC.

    Raises ValueError for a moment without a time zone: whoever made it does not know when it was.
    """
    if moment.utcoffset() is None:
        message = f"{moment.isoformat()} has no time zone"
        raise ValueError(message)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(value: int) -> datetime:
    """Return the moment, in UTC, of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def duration(length: timedelta) -> int:
    """Return a length of time in microseconds."""
    return length // timedelta(microseconds=1)


def rfc3339(text: str) -> datetime:
    """Return the moment that an RFC 3339 timestamp names, in UTC; finer than 1 us is cut off.

    Raises ValueError for anything else, a leap second (:60) and a year that UTC pushes out of
    1..9999 included.
    """
    if not _RFC3339.fullmatch(text):
        message = "not an RFC 3339 timestamp with a time zone"
        raise ValueError(message)
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def text_of(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment_from(text: str, *, where: str) -> datetime:
    """Return the moment that an argument names: a date (its midnight in UTC) or RFC 3339.

    Args:
        text: what was given.
        where: the argument's name, for the error.

    Raises InputError for anything else.
    """
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return rfc3339(text)
    except ValueError as error:
        problem = Problem(
            f"{text!r} is not a moment ({error})",
            where=where,
            expected="a date such as 2026-07-01, or RFC 3339 such as 2026-07-01T08:30:00Z",
        )
        raise InputError(problem) from error


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of time: `start` is in it, `end` is not."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse an empty or backward period."""
        if micros(self.start) >= micros(self.end):
            raise InputError(
                Problem(
                    f"the period ends at {text_of(self.end)}, not after its start",
                    where="period",
                    expected=f"an end later than {text_of(self.start)}",
                )
            )
