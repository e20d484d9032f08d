"""What producers of events and commands call on the store: record, read, look.

Each function opens the store for its own length, so that no one holds it for longer than a call
takes. Figures are asked for in `paved.metrics.dora`, which costs an import of Ibis.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from paved.errors import InputError
from paved.metrics.events import Event, line_of
from paved.metrics.store import Access, Counts, Line, Receipt, Watermark, ingest, opened

__all__ = ["Access", "Receipt", "StoreStatus", "record", "record_lines", "status"]


def _silent(_: object) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What a store holds and how far it reaches; `kinds` counts each type of event."""

    counts: Counts
    watermark: Watermark
    kinds: dict[str, int]


def record(access: Access, events: Iterable[Event]) -> Receipt:
    """Store events; on return they survive the process and a power cut.

    Recording an event again changes nothing. A missing store is made.

    Raises:
        InputError: events that do not fit the vocabulary; the others are stored.
        Conflict: another process has the store open.
        EnvironmentProblem: the store cannot be written.
    """
    lines = (
        Line(f"event {number}", line_of(event).encode()) for number, event in enumerate(events, 1)
    )
    receipt = record_lines(access, lines)
    if receipt.problems:
        raise InputError(*receipt.problems)
    return receipt


def record_lines(
    access: Access, lines: Iterable[Line], progress: Callable[[int], None] = _silent
) -> Receipt:
    """Store the events of lines of JSON; what is malformed is in the receipt.

    Args:
        access: the store; a missing one is made.
        lines: the input.
        progress: called with the number of lines dealt with, each time they are durable.

    Raises Conflict and EnvironmentProblem as `record` does.
    """
    with opened(access) as store:
        return ingest(store, lines, progress=progress)


def status(access: Access) -> StoreStatus:
    """Return what a store holds.

    Raises InputError when there is none, Conflict and EnvironmentProblem as `record` does.
    """
    with opened(access, read_only=True) as store:
        return StoreStatus(store.counts(), store.watermark(), store.kinds())
