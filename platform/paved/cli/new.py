"""`paved new`: a repository from a golden path."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paved.cli import output
from paved.errors import EnvironmentProblem, InputError, Problem

if TYPE_CHECKING:
    from paved.goldenpath.answers import Answers
    from paved.goldenpath.scaffold import Scaffolded
    from paved.goldenpath.source import Source

_HELP = """Make a new repository from a golden path of this platform.

The folder appears complete or not at all, and only what is committed is rendered: the newest
release, or HEAD while there is none.

Examples:

    paved new --list

    paved new service ../quotes --defaults

    paved new service ../quotes --data team=pricing --data tier=tier-1 --git
"""
_HERE = Path(__file__).resolve().parents[3]

PathName = Annotated[str, typer.Argument(metavar="PATH", help="The golden path's name.")]
Target = Annotated[
    Path | None, typer.Argument(metavar="DEST", help="The folder to make: new, or empty.")
]
Data = Annotated[
    list[str] | None, typer.Option("--data", "-d", help="An answer, as question=answer; repeat it.")
]
AnswersFile = Annotated[
    Path | None,
    typer.Option("--answers", help="A file of answers: YAML, or an earlier .copier-answers file."),
]
EventsFile = Annotated[
    Path | None, typer.Option("--events", help="Append a CDEvent about it to this file.")
]


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("new", help=_HELP)(new)


def new(
    path: PathName = "",
    dest: Target = None,
    *,
    data: Data = None,
    answers: AnswersFile = None,
    vcs_ref: Annotated[
        str, typer.Option("--vcs-ref", help="A release, tag, branch or commit to render.")
    ] = "",
    events: EventsFile = None,
    platform: Annotated[
        Path, typer.Option(help="The platform's working copy.", show_default="this one")
    ] = _HERE,
    defaults: Annotated[
        bool, typer.Option("--defaults", "-l", help="Ask nothing; take defaults for the rest.")
    ] = False,
    git: Annotated[
        bool, typer.Option("--git/--no-git", help="Make it a Git repository with one commit.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which files it would have; write nothing.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Say which paths there are.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """Make a repository, or say which could be made."""
    from paved.goldenpath.answers import read_words
    from paved.goldenpath.scaffold import Order, preview, scaffold
    from paved.goldenpath.source import open_source

    source = open_source(platform, vcs_ref)
    if listing:
        _list(source, as_json=as_json)
        return
    order = Order(
        path=path,
        target=_required(dest),
        recorded=_recorded(answers),
        given=read_words(data or []),
        defaults=defaults,
        terminal=sys.stdin.isatty() and sys.stderr.isatty(),
        commit=git,
    )
    for note in (*source.chosen.notes, *_left_out(source)):
        output.note(f"note: {note}")
    made = (preview if dry_run else scaffold)(order, source)
    _show(made, dry_run=dry_run, as_json=as_json)
    if events is not None and not dry_run:
        _tell(made, events)


def _list(source: "Source", *, as_json: bool) -> None:
    paths = source.paths()
    if as_json:
        output.data([asdict(path) for path in paths])
        return
    for path in paths:
        output.text(f"{path.name:<12} {path.summary}")


def _required(dest: Path | None) -> Path:
    if dest is None:
        hint = "paved new --list; paved new service ../quotes --defaults"
        raise InputError(Problem("PATH and DEST are missing", hint=hint))
    return dest


def _recorded(file: Path | None) -> "Answers":
    from paved.goldenpath.answers import Answers, read_recorded

    if file is None:
        return Answers()
    try:
        return read_recorded(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(f"cannot be read: {error}", where=str(file))) from error


def _left_out(source: "Source") -> Iterator[str]:
    changed = source.uncommitted()
    if changed:
        more = f" and {len(changed) - 1} more" if changed[1:] else ""
        yield f"left out, because it is not committed: {changed[0]}{more}"


def _show(made: "Scaffolded", *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        output.data(asdict(made) | {"target": str(made.target), "dry_run": dry_run})
        return
    if dry_run:
        for file in made.files:
            output.text(file)
        return
    output.note(f"✓ {made.path} from {made.version or made.commit[:12]}: {len(made.files)} files")
    output.text(str(made.target))


def _tell(made: "Scaffolded", file: Path) -> None:
    """Append that `made` was made to the file of events."""
    from paved.metrics.events import Event, ServiceScaffolded, line_of

    name, team = made.answers.get("name", ""), made.answers.get("team", "")
    body = ServiceScaffolded(name, team, template=f"{made.path}@{made.version or made.commit}")
    event = Event(f"{name}/{made.fingerprint[:16]}", "/paved/new", datetime.now(UTC), body)
    try:
        with file.open("a", encoding="utf-8") as handle:
            handle.write(line_of(event) + "\n")
    except OSError as error:
        what = f"{made.target} is made, but its event cannot be written: {error.strerror}"
        raise EnvironmentProblem(Problem(what, where=str(file))) from error
