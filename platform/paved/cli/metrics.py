"""`paved metrics`: keep delivery events, and print the figures computed from them."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paved.cli import output
from paved.errors import InputError, Problem

if TYPE_CHECKING:
    from paved.metrics.dora import DoraReport, Figure, Group
    from paved.metrics.settings import Settings
    from paved.metrics.store import Access, Line

_STDIN = "-"
_INGEST = """Store delivery events: CDEvents inside CloudEvents 1.0 as JSON, one per line.

Storing an event again changes nothing. A malformed event is refused with its file, line and
field, all of them at once (exit code 3); the others are stored.

Examples:

    paved metrics ingest events.jsonl

    collect-events | paved metrics ingest - --json
"""
_DORA = """Print the delivery figures of a service, a team, a domain or everything.

Deployment frequency, lead time for changes, change-fail rate, recovery time, rework rate, time
to restore and time to first deploy, each with what it is made from. docs/reference/dora.md
defines them.

Examples:

    paved metrics dora --service orders --since 2026-07-01 --until 2026-10-01

    paved metrics dora --team payments --since 2026-07-01 --until 2026-10-01 --json
"""
Store = Annotated[
    Path | None,
    typer.Option(help="The store. Default: paved/metrics.duckdb in $XDG_DATA_HOME."),
]
Wait = Annotated[
    float, typer.Option(help="Seconds to wait while another process has the store open.", min=0)
]


def register(app: typer.Typer) -> None:
    """Add the command group to `app`."""
    group = typer.Typer(help="Delivery events, and the figures computed from them.")
    group.command("ingest", help=_INGEST)(ingest)
    group.command("dora", help=_DORA)(dora)
    group.command("status")(status)
    app.add_typer(group, name="metrics", no_args_is_help=True)


def ingest(
    files: Annotated[list[str], typer.Argument(help="Files of events; - is standard input.")],
    store: Store = None,
    wait: Wait = 10.0,
    *,
    as_json: output.AsJson = False,
) -> None:
    """Store the events of the files, and say what became of every line."""
    from paved.metrics import api

    with ExitStack() as stack:
        lines = chain.from_iterable(_open_all(files, stack))
        receipt = api.record_lines(
            _access(store, wait), lines, lambda done: output.note(f"✓ {done} lines")
        )
    parts = {
        "stored": receipt.stored,
        "ignored": receipt.ignored,
        "duplicates": receipt.duplicates,
        "refused": receipt.refused,
    }
    if as_json:
        output.data(parts | {"watermark": receipt.watermark.sequence})
    else:
        output.text(", ".join(f"{count} {name}" for name, count in parts.items()))
    if receipt.problems:
        raise InputError(*receipt.problems)


def dora(
    *,
    since: Annotated[str, typer.Option(help="Start: a date, or RFC 3339. It is in the period.")],
    until: Annotated[str, typer.Option(help="End: a date, or RFC 3339. It is not in the period.")],
    service: Annotated[str, typer.Option(help="One service.")] = "",
    team: Annotated[str, typer.Option(help="The services of one team.")] = "",
    domain: Annotated[str, typer.Option(help="The services of one domain.")] = "",
    environment: Annotated[
        list[str] | None, typer.Option(help="An environment that is production. Repeatable.")
    ] = None,
    failure_window: Annotated[
        float,
        typer.Option(help="Hours in which an incident is put down to a deployment.", min=0),
    ] = 24.0,
    as_of: Annotated[
        int | None, typer.Option(help="Number of the last event that counts. Default: all.", min=0)
    ] = None,
    now: Annotated[
        str, typer.Option(help="Judge from this moment. Default: the last event's time.")
    ] = "",
    store: Store = None,
    wait: Wait = 10.0,
    as_json: output.AsJson = False,
) -> None:
    """Print the figures of what the options name, or of everything."""
    from paved.metrics import dora as figures
    from paved.metrics.timeline import Period, moment_from

    period = Period(moment_from(since, where="--since"), moment_from(until, where="--until"))
    query = figures.Query(
        period=period,
        settings=_settings(environment, failure_window),
        as_of=as_of,
        now=moment_from(now, where="--now") if now else None,
    )
    group = _group(service, team, domain)
    report = figures.dora(_access(store, wait), group, query)
    if as_json:
        output.data(report.as_data())
        return
    _show(report)


def status(store: Store = None, wait: Wait = 10.0, *, as_json: output.AsJson = False) -> None:
    """Print how many events the store holds, of which kinds, and how far it reaches.

    Example: `paved metrics status --json`
    """
    from paved.metrics import api
    from paved.metrics.timeline import text_of

    access = _access(store, wait)
    found = api.status(access)
    time = None if found.watermark.time is None else text_of(found.watermark.time)
    if as_json:
        output.data(
            {
                "store": str(access.path),
                "watermark": {"sequence": found.watermark.sequence, "time": time},
                "known": found.counts.known,
                "ignored": found.counts.ignored,
                "refused": found.counts.refused,
                "kinds": found.kinds,
            }
        )
        return
    output.text(f"store      {access.path}")
    output.text(f"watermark  event {found.watermark.sequence}, {time or 'no time yet'}")
    output.text(f"known      {found.counts.known}")
    output.text(f"ignored    {found.counts.ignored}")
    output.text(f"refused    {found.counts.refused}")
    for kind, count in found.kinds.items():
        output.text(f"{count:>9}  {kind}")


def _access(store: Path | None, wait: float) -> "Access":
    from paved.metrics.store import Access, default_path

    return Access(
        store or default_path(),
        patience=wait,
        waiting=lambda problem: output.note(f"{problem.what}; waiting up to {wait:g} s"),
    )


def _settings(environments: list[str] | None, hours: float) -> "Settings":
    from paved.metrics.settings import Settings

    window = timedelta(hours=hours)
    if environments:
        return Settings(production=frozenset(environments), failure_window=window)
    return Settings(failure_window=window)


def _group(service: str, team: str, domain: str) -> "Group":
    from paved.metrics.dora import ORGANISATION, Group, Level

    named = {Level.SERVICE: service, Level.TEAM: team, Level.DOMAIN: domain}
    given = [Group(level, name) for level, name in named.items() if name]
    if len(given) > 1:
        what = f"{' and '.join(f'--{group.level}' for group in given)} are given together"
        raise InputError(Problem(what, where="arguments", expected="one of them, or none"))
    return given[0] if given else ORGANISATION


def _open_all(names: Iterable[str], stack: ExitStack) -> "list[Iterator[Line]]":
    """Open every file, or refuse with all that cannot be opened."""
    from paved.metrics.store import bounded, lines_of

    found, problems = [], []
    for name in names:
        try:
            if name == _STDIN:
                found.append(lines_of("stdin", bounded(sys.stdin.buffer.readline)))
            else:
                file = Path(name).open("rb")  # noqa: SIM115  the stack closes it
                stream = stack.enter_context(file)
                found.append(lines_of(name, bounded(stream.readline)))
        except OSError as error:
            what = f"the file cannot be read: {error.strerror or error}"
            problems.append(Problem(what, where=name, expected="a file of events, or -"))
    if problems:
        raise InputError(*problems)
    return found


def _show(report: "DoraReport") -> None:
    from paved.metrics.timeline import text_of

    period, mark = report.period, report.watermark
    output.text(f"{report.group}, {text_of(period.start)} up to {text_of(period.end)}")
    seen = "no event" if mark.time is None else f"event {mark.sequence} of {text_of(mark.time)}"
    output.text(f"as of {seen}, definitions {report.definitions}\n")
    for name, figure in report.figures().items():
        label = name.replace("_", " ")
        output.text(
            f"{label:<21} {_value(figure):<44} {figure.status:<11} {_basis(figure)}".rstrip()
        )


def _value(figure: "Figure") -> str:
    if figure.value is None:
        return "-"
    if figure.spread is None:
        shown = f"{figure.value:.1%}" if figure.unit == "ratio" else f"{figure.value:.3g}"
        return shown if figure.unit == "ratio" else f"{shown} {figure.unit}"
    parts = (figure.spread.median, figure.spread.p90, figure.spread.mean)
    if figure.unit == "seconds":
        median, p90, mean = (_length(part) for part in parts)
        return f"median {median}, p90 {p90}, mean {mean}"
    median, p90, mean = (f"{part:.3g}" for part in parts)
    return f"median {median}, p90 {p90}, mean {mean} {figure.unit}"


def _length(seconds: float) -> str:
    """Return a length of time in its largest fitting unit."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _basis(figure: "Figure") -> str:
    left = [f"{count} {why.replace('_', ' ')}" for why, count in figure.excluded.items() if count]
    return f"n={figure.n}" + (f", left out: {', '.join(left)}" if left else "")
