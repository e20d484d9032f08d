"""The store as a file: other processes, a full disk, damage, and files of something else."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from paved.errors import Conflict, EnvironmentProblem, InputError
from paved.metrics import api
from paved.metrics.store import Access, default_path
from paved.metrics.tests.story import deployed

HOLDER = """
import sys
from pathlib import Path
from paved.metrics.store import Access, opened
with opened(Access(Path(sys.argv[1])), read_only=sys.argv[2] == "read"):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def access(tmp_path: Path) -> Access:
    """Return access to a store that does not exist yet, without patience."""
    return Access(tmp_path / "data" / "metrics.duckdb", patience=0)


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
