"""The store: append-only, idempotent, and honest about what it cannot do."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import duckdb
import pytest

from paved.errors import Conflict, EnvironmentProblem, InputError
from paved.metrics import api
from paved.metrics.events import Event, decode, line_of
from paved.metrics.store import Access, Line, bounded, default_path, lines_of, opened
from paved.metrics.store.rows import artifact_key
from paved.metrics.tests.story import accepted, at, deployed, incident, published

HOLDER = """
import sys
from pathlib import Path
from paved.metrics.store import Access, opened
with opened(Access(Path(sys.argv[1])), read_only=sys.argv[2] == "read"):
    print("open", flush=True)
    sys.stdin.read()
"""
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


def _hold(access: Access, how: str) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(access.path), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    return holder


def _release(holder: subprocess.Popen[str]) -> None:
    holder.communicate()
    assert holder.returncode == 0


def test_a_second_process_gets_a_clear_conflict(access: Access) -> None:
    """While another process writes, opening names that process and what to do."""
    holder = _hold(access, "write")
    try:
        for call in (lambda: api.record(access, [deployed("d1", 1)]), lambda: api.status(access)):
            with pytest.raises(Conflict) as caught:
                call()
            assert str(holder.pid) in caught.value.problems[0].what
            assert "--store" in caught.value.problems[0].hint
    finally:
        _release(holder)
    assert api.record(access, [deployed("d1", 1)]).stored == 1


def test_readers_do_not_hinder_each_other(access: Access) -> None:
    """Two processes may read at once."""
    api.record(access, [deployed("d1", 1)])
    holder = _hold(access, "read")
    try:
        assert api.status(access).counts.known == 1
    finally:
        _release(holder)


def test_waiting_is_said_once_and_ends_when_the_other_does(access: Access) -> None:
    """With patience, a conflict is waited out: told once, then the events are stored."""
    holder = _hold(access, "write")
    told: list[str] = []

    def waiting(problem: object) -> None:
        told.append(str(problem))
        assert holder.stdin is not None
        holder.stdin.close()

    patient = Access(access.path, patience=60, waiting=waiting)
    assert api.record(patient, [deployed("d1", 1)]).stored == 1
    assert len(told) == 1
    assert holder.wait() == 0
    assert holder.stdout is not None
    holder.stdout.close()


def test_no_room_keeps_what_was_acknowledged(access: Access) -> None:
    """When the disk refuses, the batch fails with a reason, and earlier events are all there.

    A limit on file size stands in for a full disk; the system call fails in the same way.
    """
    program = """
import resource, sys
from pathlib import Path
from paved.errors import EnvironmentProblem
from paved.metrics import api
from paved.metrics.store import Access
from paved.metrics.tests.story import deployed
access = Access(Path(sys.argv[1]))
done = 0
api.record(access, [deployed("first", 1)])
size = access.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200_000, resource.RLIM_INFINITY))
try:
    for batch in range(200):
        api.record(access, [deployed(f"{batch}-{n}", n) for n in range(200)])
        done += 200
except EnvironmentProblem as error:
    print(done, error.problems[0].what)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(access.path)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    done, _, what = ran.stdout.partition(" ")
    assert "no room left to write" in what
    assert api.status(access).counts.known >= 1 + int(done)
    assert api.record(access, [deployed("after", 1)]).stored == 1


def test_reading_makes_no_store(access: Access) -> None:
    """Asking before anything was stored says how to begin, and leaves nothing behind."""
    with pytest.raises(InputError, match="no metrics store") as caught:
        api.status(access)
    assert "paved metrics ingest" in caught.value.problems[0].hint
    assert not access.path.parent.exists()


@pytest.mark.parametrize("content", [b"", b"events\n" * 1000])
def test_another_file_is_not_taken_for_a_store(tmp_path: Path, content: bytes) -> None:
    """A file of something else is refused and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a metrics store"):
        api.record(Access(path), [deployed("d1", 1)])
    assert path.read_bytes() == content


def test_another_database_is_not_taken_for_a_store(tmp_path: Path) -> None:
    """A DuckDB file of someone else's is refused."""
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE meta (a INT)")
    with pytest.raises(InputError, match="not a metrics store"):
        api.record(Access(path), [deployed("d1", 1)])


def test_a_newer_store_is_left_alone(access: Access) -> None:
    """What a newer version wrote is not touched; the error says what to do."""
    api.record(access, [deployed("d1", 1)])
    with duckdb.connect(str(access.path)) as store:
        store.execute("UPDATE meta SET value = '999'")
    with pytest.raises(EnvironmentProblem, match="schema 999"):
        api.status(access)


@pytest.mark.parametrize("share", [0.001, 0.002, 0.005, 0.1, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_a_damaged_store_is_said_to_be_damaged(access: Access, damage: str, share: float) -> None:
    """A changed or missing byte is never a traceback, and never another answer."""
    api.record(access, [deployed(f"d{n}", n) for n in range(300)])
    expected = api.status(access)
    content = bytearray(access.path.read_bytes())
    place = int(len(content) * share)
    if damage == "flip":
        content[place] ^= 0x10
    else:
        del content[place:]
    access.path.write_bytes(content)
    seen: object
    try:
        seen = api.status(access)
    except (EnvironmentProblem, InputError) as error:
        seen = error.problems[0].where
    assert seen in (expected, str(access.path))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A store below a file cannot be made: a reason, no traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="cannot be made"):
        api.record(Access(tmp_path / "file" / "metrics.duckdb"), [deployed("d1", 1)])


def test_making_a_store_leaves_only_the_store(access: Access) -> None:
    """No draft is left beside the store."""
    api.record(access, [deployed("d1", 1)])
    assert [path.name for path in access.path.parent.iterdir()] == ["metrics.duckdb"]


def test_the_default_store_is_in_the_users_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """$XDG_DATA_HOME decides, else ~/.local/share."""
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_path() == Path("/data/paved/metrics.duckdb")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setenv("HOME", "/home/someone")
    assert default_path() == Path("/home/someone/.local/share/paved/metrics.duckdb")


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
