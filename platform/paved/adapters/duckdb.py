"""DuckDB, embedded: one database file, statements, and its errors in our words.

A file has one writing process, or several reading ones; DuckDB holds that lock. A commit is on
the disk (fdatasync of the write-ahead log) before `transaction` returns. DuckDB never reaches
for the network here: extensions are neither fetched nor loaded by themselves.

Left out: what the tables mean; other engines.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import duckdb

from paved.errors import Conflict, EnvironmentProblem, InputError, PavedError, Problem

_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_NO_ROOM = ("No space left on device", "File too large", "Disk quota exceeded", "out of disk")
_DAMAGED = ("Corrupt database file", "Could not read enough bytes", "replaying WAL")
_OUTSIDE = (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException)
_HOLDER = re.compile(r"PID (\d+)")


class Database:
    """An open database file; a context manager that closes it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        """Take over an open connection; use `open_database`."""
        self._connection = connection
        self.path = path

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; what is committed is safe whether or not this succeeds."""
        self.close()

    def close(self) -> None:
        """Close the file and give its lock back."""
        with suppress(duckdb.Error):
            self._connection.close()

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run one statement and return its rows.

        Raises EnvironmentProblem when the file cannot be read or written.
        """
        try:
            return list(self._connection.execute(statement, list(parameters)).fetchall())
        except duckdb.Error as error:
            raise _translated(error, self.path) from error

    def number(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement that returns a single number, and return that number."""
        return int(str(self.rows(statement, parameters)[0][0]))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one unit: all on the disk at the end, or none of them.

        Raises EnvironmentProblem when the disk refuses them; nothing is changed then.
        """
        self.rows("BEGIN TRANSACTION")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            with suppress(PavedError, duckdb.Error):
                self.rows("ROLLBACK")
            raise


def open_database(path: Path, *, read_only: bool) -> Database:
    """Open a database file; without `read_only` a missing file is created.

    Raises:
        Conflict: another process has the file open.
        InputError: the file is not a DuckDB database.
        EnvironmentProblem: the file cannot be opened, or is damaged.
    """
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=_OFFLINE)
    except duckdb.Error as error:
        raise _translated(error, path) from error
    return Database(connection, path)


def _translated(error: duckdb.Error, path: Path) -> Exception:
    """Return our error for one of DuckDB's; a defect of a statement is returned as it is."""
    text = str(error)
    if "Could not set lock" in text or "different configuration" in text:
        return Conflict(_locked(text, path))
    if "not a valid DuckDB database" in text:
        what = "the file is not a metrics store"
        return InputError(Problem(what, where=str(path), expected="a DuckDB database file"))
    if any(sign in text for sign in _NO_ROOM):
        hint = "make room and run the same command again; what was acknowledged is kept"
        what = "there is no room left to write, and nothing of this batch was kept"
        return EnvironmentProblem(Problem(what, where=str(path), hint=hint))
    first = text.splitlines()[0]
    if any(sign in text for sign in _DAMAGED):
        hint = "keep a copy of it, and store the events again in a new one (--store)"
        return EnvironmentProblem(Problem(f"damaged: {first}", where=str(path), hint=hint))
    if isinstance(error, _OUTSIDE):
        return EnvironmentProblem(Problem(first, where=str(path)))
    return error


def _locked(text: str, path: Path) -> Problem:
    holder = _HOLDER.search(text)
    who = f"process {holder[1]}" if holder else "another connection"
    return Problem(
        f"{who} has the store open",
        where=str(path),
        hint="wait until it is done, or give a store of your own with --store",
    )
