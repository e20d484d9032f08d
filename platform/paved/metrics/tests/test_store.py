"""The store: append-only, idempotent, and honest about what it refuses."""

import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from paved.errors import InputError
from paved.metrics import api
from paved.metrics.events import Event, decode, line_of
from paved.metrics.store import Access, Line, bounded, lines_of, opened
from paved.metrics.store.rows import artifact_key
from paved.metrics.tests.story import accepted, at, deployed, incident, published

FOREIGN = b'{"specversion":"1.0","id":"1","source":"/x","type":"com.example.other"}'


@pytest.fixture
def access(tmp_path: Path) -> Access:
    """Return access to a store that does not exist yet, without patience."""
    return Access(tmp_path / "data" / "metrics.duckdb", patience=0)


def lines(*events: Event | bytes) -> list[Line]:
    """Return events as lines of a file."""
    texts = [one if isinstance(one, bytes) else line_of(one).encode() for one in events]
    return list(lines_of("events.jsonl", texts))


def test_an_event_is_stored_once(access: Access) -> None:
    """Recording again, in the same batch or later, stores nothing and says so."""
    told = [deployed("d1", 1), incident("i1", 2)]
    first = api.record(access, [*told, *told])
    assert (first.stored, first.duplicates) == (2, 2)
    again = api.record(access, told)
    assert (again.stored, again.duplicates) == (0, 2)
    assert again.watermark == first.watermark


def test_the_same_id_of_another_source_is_another_event(access: Access) -> None:
    """Identity is source and id together."""
    one = deployed("d1", 1)
    other = Event(one.id, "https://other.example.com", one.time, one.body)
    assert api.record(access, [one, other]).stored == 2


def test_another_spelling_is_a_duplicate(access: Access) -> None:
    """A retry may order its keys differently."""
    line = line_of(deployed("d1", 1))
    document = dict(reversed(list(json.loads(line).items())))
    again = json.dumps(document, indent=1).replace("\n", " ").encode()
    assert again != line.encode()
    receipt = api.record_lines(access, lines(line.encode(), again))
    assert (receipt.stored, receipt.duplicates, receipt.refused) == (1, 1, 0)


def test_other_content_under_the_same_id_is_refused(access: Access) -> None:
    """The first one holds; a contradiction is reported with its line, in a batch or later."""
    first, second = deployed("d1", 1), deployed("d1", 2)
    receipt = api.record_lines(access, lines(first, second))
    assert (receipt.stored, receipt.refused) == (1, 1)
    assert receipt.problems[0].where == "events.jsonl:2"
    later = api.record_lines(access, lines(second, first))
    assert (later.stored, later.duplicates, later.refused) == (0, 1, 1)
    assert later.problems[0].where == "events.jsonl:1"


def test_good_lines_around_a_bad_one_are_kept(access: Access) -> None:
    """A refused line costs itself alone; each problem names file, line and field."""
    bad = (
        b'{"specversion":"1.0","id":"2","source":"/x","type":"dev.cdevents.service.deployed.0.3.0"}'
    )
    receipt = api.record_lines(access, lines(deployed("d1", 1), bad, FOREIGN, b"junk", b"  "))
    assert (receipt.stored, receipt.ignored, receipt.refused) == (2, 1, 2)
    assert [p.where for p in receipt.problems] == ["events.jsonl:2: data", "events.jsonl:4"]
    status = api.status(access)
    assert (status.counts.known, status.counts.ignored, status.counts.refused) == (1, 1, 2)
    assert status.kinds == {"com.example.other": 1, "dev.cdevents.service.deployed": 1}


def test_a_refused_line_is_counted_once(access: Access) -> None:
    """Trying the same file again does not refuse it twice in the counts."""
    for _ in range(2):
        assert api.record_lines(access, lines(b"junk")).refused == 1
    assert api.status(access).counts.refused == 1


def test_recording_what_does_not_fit_is_an_error(access: Access) -> None:
    """An event made by hand goes through the same checks, and the others are kept."""
    with pytest.raises(InputError, match=r"event 2: data\.subject\.id"):
        api.record(access, [deployed("d1", 1), deployed("d2", 1, service="")])
    assert api.status(access).counts.known == 1


def test_late_events_move_the_watermark_by_arrival(access: Access) -> None:
    """A late event gets the next number; the time is the latest that any event tells of."""
    api.record(access, [deployed("d1", 10)])
    late = api.record(access, [deployed("d0", 1)]).watermark
    assert (late.sequence, late.time) == (2, at(10))
    with opened(access, read_only=True) as store:
        assert store.watermark(as_of=1).sequence == 1
        assert store.watermark(as_of=0).time is None


def test_an_unknown_kind_does_not_move_the_time(access: Access) -> None:
    """What no figure reads cannot make figures look complete."""
    line = FOREIGN[:-1] + b',"time":"2099-01-01T00:00:00Z"}'
    receipt = api.record_lines(access, lines(deployed("d1", 1), line))
    assert receipt.watermark.time == at(1)


def test_an_artifact_without_commits_is_kept(access: Access) -> None:
    """An event that gives no rows is stored all the same."""
    assert api.record(access, [published("a", 1)]).stored == 1


def test_a_byte_order_mark_and_line_ends_do_not_matter(access: Access) -> None:
    """Files from other systems are read."""
    line = line_of(deployed("d1", 1)).encode()
    found = list(lines_of("x", [b"\xef\xbb\xbf" + line + b"\r\n", b"\r\n"]))
    assert api.record_lines(access, found).stored == 1


def test_an_endless_line_is_refused_in_bounded_pieces() -> None:
    """A line beyond the limit is cut for reading, refused, and the next one is read whole."""
    size = 5_000_000
    reads: list[int] = []
    text = b"x" * size + b"\n" + line_of(deployed("d1", 1)).encode() + b"\n"
    stream = BytesIO(text)

    def readline(limit: int) -> bytes:
        piece = stream.readline(limit)
        reads.append(len(piece))
        return piece

    first, second = lines_of("x", bounded(readline))
    assert max(reads) < size / 4
    assert not hasattr(decode(first.text), "event")
    assert decode(second.text) == accepted(deployed("d1", 1))


@pytest.mark.parametrize(
    ("purl", "key"),
    [
        ("pkg:oci/a@sha256%3A" + "0" * 64 + "?tag=1", "sha256:" + "0" * 64),
        ("pkg:oci/b@sha256:" + "0" * 64 + "#x", "sha256:" + "0" * 64),
        ("pkg:golang/example.com/a@v1.2.0?x=y", "pkg:golang/example.com/a@v1.2.0"),
        ("pkg:oci/a@sha256:short", "pkg:oci/a@sha256:short"),
    ],
)
def test_an_artifact_is_known_by_its_digest(purl: str, key: str) -> None:
    """Digests identify; without one the address without its qualifiers does."""
    assert artifact_key(purl) == key


def test_time_before_1970_is_a_time_like_any_other(access: Access) -> None:
    """Old events, as history imports have them, are stored with their moment."""
    old = Event("old", "/s", at(0) - timedelta(days=365 * 70), deployed("x", 1).body)
    assert api.record(access, [old]).watermark.time == old.time
