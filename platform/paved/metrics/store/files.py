"""Opening and making the store's file.

A new file appears under its name only when it is complete, so that a killed process leaves no
half-made store. Left out: what is in it (`store`).
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from paved.adapters.duckdb import Database, open_database
from paved.errors import Conflict, EnvironmentProblem, InputError, Problem
from paved.metrics.store.schema import NEW_VERSION, VERSION, statements
from paved.metrics.store.store import Store

PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.05


def _silent(_: object) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """Which store, and how to get at it.

    Args:
        path: the store's file.
        patience: seconds to wait while another process has the store open.
        waiting: called once, with the reason, when there is a wait.
    """

    path: Path
    patience: float = PATIENCE_SECONDS
    waiting: Callable[[Problem], None] = _silent


def default_path() -> Path:
    """Return where the store is unless told otherwise: in the user's data folder."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "paved" / "metrics.duckdb"


@contextmanager
def opened(access: Access, *, read_only: bool = False) -> Iterator[Store]:
    """Open a store for the length of a `with` block; to write, a missing one is made.

    Args:
        access: which store.
        read_only: allows other readers beside this one.

    Raises:
        Conflict: another process still has it open after the access's patience.
        InputError: there is none to read, or the file is something else.
        EnvironmentProblem: it cannot be opened or made, or a newer version wrote it.
    """
    if not _exists(access.path):
        if read_only:
            raise InputError(_missing(access.path))
        _make(access.path)
    with _patiently(access, read_only=read_only) as database:
        _check_version(database)
        yield Store(database)


def _patiently(access: Access, *, read_only: bool) -> Database:
    deadline, told = time.monotonic() + access.patience, False
    while True:
        try:
            return open_database(access.path, read_only=read_only)
        except Conflict as conflict:
            if time.monotonic() >= deadline:
                raise
            if not told:
                access.waiting(conflict.problems[0])
                told = True
            time.sleep(_POLL_SECONDS)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        what = f"the store cannot be reached: {error.strerror or error}"
        raise EnvironmentProblem(Problem(what, where=str(path))) from error


def _make(path: Path) -> None:
    """Make an empty store beside its name, and link it there when it is complete."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".metrics-", dir=path.parent) as scratch:
            draft = Path(scratch) / "new.duckdb"
            with open_database(draft, read_only=False) as database, database.transaction():
                for statement in statements():
                    database.rows(statement)
                database.rows(NEW_VERSION, [str(VERSION)])
            with suppress(FileExistsError):  # another process was first: its store it is
                os.link(draft, path)
        _sync_folder(path.parent)
    except OSError as error:
        what = f"the store cannot be made: {error.strerror or error}"
        raise EnvironmentProblem(Problem(what, where=str(path))) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_version(database: Database) -> None:
    where = str(database.path)
    tables = database.number(
        "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('meta', 'events')"
    )
    if tables != len(("meta", "events")):
        what = "the database is not a metrics store"
        raise InputError(Problem(what, where=where, hint="name another file with --store"))
    version = database.number("SELECT value FROM meta WHERE name = 'schema'")
    if version > VERSION:
        what = f"the store has schema {version}, and this version of paved knows {VERSION}"
        raise EnvironmentProblem(Problem(what, where=where, hint="use the newer paved"))


def _missing(path: Path) -> Problem:
    return Problem(
        "there is no metrics store",
        where=str(path),
        hint="make one with `paved metrics ingest FILE`, or name one with --store",
    )
