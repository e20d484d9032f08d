"""The store: an append-only set of events in one DuckDB file, idempotent by (source, id).

An append is one transaction over the events' text and their rows; once it returns, the events
survive the process and the machine's power. adr/0009-store.md says why one file is enough. Left
out: opening the file (`files`), reading input (`ingest`) and figures (`paved.metrics.dora`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from paved.adapters.duckdb import Database
from paved.metrics.events import Accepted, Event, Foreign
from paved.metrics.events.kinds import kind_of
from paved.metrics.store.rows import rows_of
from paved.metrics.store.schema import TABLES, insertion
from paved.metrics.timeline import micros, moment_of

_EVENT_TYPES = ["int64", "string", "string", "string", "int64", "boolean", "string"]
_SAME_KEY = (
    "SELECT e.source, e.id, e.payload FROM events e"
    " JOIN (SELECT unnest(?::VARCHAR[]) source, unnest(?::VARCHAR[]) id,"
    " unnest(?::VARCHAR[]) payload) i ON e.source = i.source AND e.id = i.id"
    " WHERE e.payload <> i.payload"
)
_Numbered = list[tuple[int, Accepted]]


@dataclass(frozen=True, slots=True)
class Watermark:
    """Up to where a figure has seen events.

    Args:
        sequence: number of the last event in order of arrival; 0 for an empty store.
        time: latest time that a known event up to there tells of; None without any.
    """

    sequence: int
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the store holds: events of known and of unknown kinds, and lines once refused."""

    known: int
    ignored: int
    refused: int


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did; `altered` are the places in the batch of events that were not stored.

    They have the source and id of a stored event, and other content.
    """

    stored: int
    ignored: int
    duplicates: int
    altered: tuple[int, ...]


class Store:
    """An open store; `paved.metrics.store.opened` makes one."""

    def __init__(self, database: Database) -> None:
        """Take over an open database that holds the store's tables."""
        self.database = database

    def append(self, batch: Sequence[Accepted]) -> Appended:
        """Store the events that are not stored yet, all of them or none; durable on return.

        Raises EnvironmentProblem when the disk refuses; nothing of the batch is kept then.
        """
        first = _first_of_each(batch)
        with self.database.transaction():
            base = self.database.number("SELECT coalesce(max(seq), 0) FROM events")
            numbered = list(enumerate(first.values(), base + 1))
            stored, repeated = self._insert_events(base, numbered)
            self._insert_facts(stored)
            content = {key: item.payload for key, item in first.items()} | self._other(repeated)
        altered = tuple(
            place for place, item in enumerate(batch) if item.payload != content[item.key]
        )
        return Appended(
            stored=len(stored),
            ignored=sum(1 for _, item in stored if isinstance(item.event, Foreign)),
            duplicates=len(batch) - len(stored) - len(altered),
            altered=altered,
        )

    def refuse(self, refused: Iterable[tuple[str, str]]) -> None:
        """Remember refused lines, given as (digest of the line, what was wrong); once each."""
        digests, problems = zip(*refused, strict=True)
        with self.database.transaction():
            statement = insertion("refused", ["string", "string"]) + " ON CONFLICT DO NOTHING"
            self.database.rows(statement, [list(digests), list(problems)])

    def watermark(self, as_of: int | None = None) -> Watermark:
        """Return the watermark of the whole store, or of its first `as_of` events."""
        sequence, time = self.database.rows(
            "SELECT coalesce(max(seq), 0), max(at_us) FILTER (WHERE known) FROM events"
            " WHERE ? IS NULL OR seq <= ?",
            [as_of, as_of],
        )[0]
        return Watermark(int(str(sequence)), None if time is None else moment_of(int(str(time))))

    def counts(self) -> Counts:
        """Return how much the store holds."""
        known, ignored, refused = self.database.rows(
            "SELECT count(*) FILTER (WHERE known), count(*) FILTER (WHERE NOT known),"
            " (SELECT count(*) FROM refused) FROM events"
        )[0]
        return Counts(int(str(known)), int(str(ignored)), int(str(refused)))

    def kinds(self) -> dict[str, int]:
        """Return how many events of each type the store holds, unknown ones included."""
        rows = self.database.rows("SELECT type, count(*) FROM events GROUP BY type ORDER BY type")
        return {str(kind): int(str(count)) for kind, count in rows}

    def _insert_events(self, base: int, numbered: _Numbered) -> tuple[_Numbered, list[Accepted]]:
        """Insert what is new; return that, and what was there already."""
        rows = [_event_row(seq, item) for seq, item in numbered]
        self._insert("events", _EVENT_TYPES, rows, " ON CONFLICT DO NOTHING")
        seen = self.database.rows("SELECT seq FROM events WHERE seq > ?", [base])
        kept = {row[0] for row in seen}
        stored = [(seq, item) for seq, item in numbered if seq in kept]
        return stored, [item for seq, item in numbered if seq not in kept]

    def _insert_facts(self, stored: _Numbered) -> None:
        facts: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        for seq, item in stored:
            if isinstance(item.event, Event):
                for table, values in rows_of(item.event):
                    facts[table].append((seq, *values))
        for table, rows in facts.items():
            self._insert(table, list(TABLES[table].values()), rows)

    def _insert(
        self, table: str, types: list[str], rows: Sequence[tuple[object, ...]], tail: str = ""
    ) -> None:
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            self.database.rows(insertion(table, types) + tail, columns)

    def _other(self, repeated: Sequence[Accepted]) -> dict[tuple[str, str], str]:
        """Return the stored text of those that are stored with other content."""
        if not repeated:
            return {}
        columns = zip(*((*item.key, item.payload) for item in repeated), strict=True)
        rows = self.database.rows(_SAME_KEY, [list(column) for column in columns])
        return {(str(source), str(name)): str(payload) for source, name, payload in rows}


def _first_of_each(batch: Iterable[Accepted]) -> dict[tuple[str, str], Accepted]:
    first: dict[tuple[str, str], Accepted] = {}
    for item in batch:
        first.setdefault(item.key, item)
    return first


def _event_row(seq: int, item: Accepted) -> tuple[object, ...]:
    event = item.event
    known = isinstance(event, Event)
    kind = kind_of(event.body).value if isinstance(event, Event) else event.type
    at_us = None if event.time is None else micros(event.time)
    return seq, event.source, event.id, kind, at_us, known, item.payload
