"""`paved tour`: the main job, end to end, on real files."""

import contextlib
import errno
import io
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paved.cli import output
from paved.errors import Conflict, EnvironmentProblem, ExitCode, Problem

if TYPE_CHECKING:
    from paved.tour.model import Summary
    from paved.tour.ports import Answer

_HELP = """Take the main job from a golden path to a signed release in production, and measure it.

Works on real files in a scratch folder, which it names and leaves behind. Needs the network the
first time. Exit code 4: a step could not be done; it says which, and why. Interrupted, it ends
what it started and leaves the folder as it is: the next tour takes another one.

Examples:

    paved tour

    paved tour --dest ../my-tour --json
"""
CHECKOUT = Path(__file__).resolve().parents[3]

Dest = Annotated[
    Path | None,
    typer.Option("--dest", help="The folder to work in, new or empty. Default: a temporary one."),
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("tour", help=_HELP)(tour)


def tour(dest: Dest = None, *, as_json: output.AsJson = False) -> None:
    """Take the tour and print it."""
    summary = taken(dest)
    if as_json:
        output.data(summary.as_data())
    if summary.failures:
        raise typer.Exit(int(ExitCode.ENVIRONMENT))


def taken(dest: Path | None) -> "Summary":
    """Take the tour in `dest`, shown on stderr, and return it."""
    from paved.cli.watching import watching
    from paved.doctor.checks import cache_root
    from paved.tour.ports import Paved
    from paved.tour.take import Setting, take

    scratch = _scratch(dest)
    with _named(scratch), watching() as watcher, _identity():
        watcher.tell(f"working in {scratch}")
        setting = Setting(
            checkout=CHECKOUT,
            cache=cache_root(os.environ).absolute(),
            scratch=scratch,
            now=lambda: datetime.now(UTC),
        )
        summary = take(setting, Paved(run=_answer, watcher=watcher), watcher)
        watcher.finish(summary)
    return summary


def _scratch(dest: Path | None) -> Path:
    """Return an empty folder to work in, made where it is not there."""
    try:
        if dest is None:
            return Path(tempfile.mkdtemp(prefix="paved-tour-")).resolve()
        folder = dest.resolve()
        _check(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        what = f"cannot make a folder to work in: {error.strerror or error}"
        hint = "name one of your own with --dest"
        raise EnvironmentProblem(Problem(what, where=str(dest or "TMPDIR"), hint=hint)) from error
    return folder


def _check(folder: Path) -> None:
    if folder.is_relative_to(CHECKOUT):
        what = "is inside this repository, whose builds and templates would take it in"
        raise Conflict(Problem(what, where=str(folder), hint=f"--dest {CHECKOUT.parent}/my-tour"))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = "name a new folder, or leave --dest out"
        raise Conflict(Problem("is not an empty folder", where=str(folder), hint=hint))


@contextlib.contextmanager
def _named(scratch: Path) -> Iterator[None]:
    """Say where the files are also when the block does not come to its end."""
    try:
        yield
    except KeyboardInterrupt:
        output.note(f"interrupted; left behind, as it was then: {scratch}")
        raise typer.Exit(int(ExitCode.INTERRUPTED)) from None
    except BaseException:
        output.note(f"left behind: {scratch}")
        raise


def _answer(words: Sequence[str]) -> "Answer":
    """Run a command of this command line within this process."""
    from paved.cli.app import run
    from paved.tour.ports import Answer

    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        code = run(words)
    if code == ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return Answer(code, stdout.getvalue(), stderr.getvalue())


@contextlib.contextmanager
def _identity() -> Iterator[None]:
    """Give Git an identity while the block lasts, where the user has set none."""
    from paved.adapters.program import first_line

    if first_line(["git", "config", "user.name"]) and first_line(["git", "config", "user.email"]):
        yield
        return
    output.note("Git has no user.name or user.email: the tour's commits carry `paved tour`")
    settings = {"user.name": "paved tour", "user.email": "tour@example.com"}
    before = dict(os.environ)
    os.environ.update(_git_variables(settings))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _git_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return `settings` as Git reads them from the environment; git-config(1), ENVIRONMENT."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables
