"""Reading events, one CloudEvent per line, into a store.

Batches bound the memory and are acknowledged one by one: what a batch's progress reports is
durable. A malformed line is refused and reported with its place; the lines around it are kept.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from paved.errors import Problem
from paved.metrics.events import Accepted, Flaw, decode
from paved.metrics.events.decode import LINE_BYTES
from paved.metrics.store.store import Appended, Store, Watermark

BATCH = 10_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input, and where it stands: `FILE:NUMBER`."""

    where: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the lines: every one is stored, a duplicate, or refused.

    Args:
        stored: events that are new, ignored ones included.
        ignored: stored events of a kind that no figure knows.
        duplicates: events that were stored before.
        refused: how many lines were refused.
        problems: everything wrong with them, each with file, line and field.
        watermark: of the store, afterwards.
    """

    stored: int
    ignored: int
    duplicates: int
    refused: int
    problems: tuple[Problem, ...]
    watermark: Watermark


def lines_of(name: str, stream: Iterable[bytes]) -> Iterator[Line]:
    """Yield the lines of a stream that are not blank, without a byte-order mark."""
    for number, raw in enumerate(stream, 1):
        text = raw.removeprefix(_BOM).strip() if number == 1 else raw.strip()
        if text:
            yield Line(f"{name}:{number}", text)


def ingest(
    store: Store, lines: Iterable[Line], *, progress: Callable[[int], None] = lambda _: None
) -> Receipt:
    """Store the events of `lines`, and return what became of each line.

    Args:
        store: a store opened to write.
        lines: the input.
        progress: called after each batch with the number of lines that are dealt with.

    Raises EnvironmentProblem when the disk refuses; earlier batches are kept.
    """
    done: list[Appended] = []
    problems: list[Problem] = []
    total = refused = 0
    source = iter(lines)
    while batch := list(islice(source, BATCH)):
        appended, flawed = _ingest_batch(store, batch)
        done.append(appended)
        refused += len(flawed)
        problems += (problem for found in flawed for problem in found)
        total += len(batch)
        progress(total)
    return Receipt(
        stored=sum(part.stored for part in done),
        ignored=sum(part.ignored for part in done),
        duplicates=sum(part.duplicates for part in done),
        refused=refused,
        problems=tuple(problems),
        watermark=store.watermark(),
    )


def _ingest_batch(store: Store, batch: list[Line]) -> tuple[Appended, list[list[Problem]]]:
    accepted: list[tuple[Line, Accepted]] = []
    refused: list[tuple[Line, list[Problem]]] = []
    for line in batch:
        decoded = decode(line.text)
        if isinstance(decoded, Accepted):
            accepted.append((line, decoded))
        else:
            refused.append((line, [_problem(line, flaw) for flaw in decoded]))
    appended = store.append([item for _, item in accepted])
    altered = (accepted[place][0] for place in appended.altered)
    refused += ((line, [_altered(line)]) for line in altered)
    if refused:
        store.refuse((_digest(line), _words(problems)) for line, problems in refused)
    return appended, [problems for _, problems in refused]


def _problem(line: Line, flaw: Flaw) -> Problem:
    where = f"{line.where}: {flaw.path}" if flaw.path else line.where
    return Problem(flaw.what, where=where, expected=flaw.expected)


def _altered(line: Line) -> Problem:
    return Problem(
        "an event with this source and id is stored with other content",
        where=line.where,
        hint="a correction is an event of its own, with an id of its own",
    )


def _digest(line: Line) -> str:
    return hashlib.sha256(line.text).hexdigest()


def _words(problems: Iterable[Problem]) -> str:
    return "\n".join(text for problem in problems for text in problem.lines())


def bounded(stream: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield lines from a `readline`, cutting one that exceeds the limit just above it.

    What is left of an overlong line is read and dropped, so that memory stays bounded.
    """
    while line := stream(LINE_BYTES + 2):
        rest = line
        while len(rest) == LINE_BYTES + 2 and not rest.endswith(b"\n"):
            rest = stream(LINE_BYTES + 2)
        yield line
