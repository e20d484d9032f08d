"""`paved bench`: figures, which never pass or fail."""

import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from paved.cli import output

_TOUR = """Take the tour several times and print each figure's minimum, median and maximum.

A cold run starts with an empty cache of its own, which is removed afterwards; it needs the network.

Examples:

    paved bench tour

    paved bench tour --runs 1 --cold --json
"""
CHECKOUT = Path(__file__).resolve().parents[3]


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(name="bench", help="Print figures.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("tour", help=_TOUR)(tour)
    app.add_typer(group)


def tour(
    *,
    runs: Annotated[int, typer.Option(min=1, help="How many tours are counted.")] = 3,
    cold: Annotated[bool, typer.Option("--cold", help="Each with an empty cache.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """Measure the tour."""
    from paved.tour import bench

    documents = []
    for number in range(1, runs + 1):
        output.note(f"tour {number} of {runs}")
        documents.append(_once(cold=cold))
    rows = bench.rows(documents)
    if as_json:
        output.data({"cold": cold, "figures": [asdict(row) for row in rows]})
        return
    width = max(len(row.name) for row in rows)
    output.text(f"{'':<{width}}  {'minimum':>10}  {'median':>10}  {'maximum':>10}")
    for row in rows:
        figures = (f"{value:>10.2f}" for value in (row.minimum, row.median, row.maximum))
        output.text(f"{row.name:<{width}}  {'  '.join(figures)}  {row.unit}".rstrip())


def _once(*, cold: bool) -> "dict[str, object]":
    from paved.tour import bench

    with tempfile.TemporaryDirectory(prefix="paved-bench-") as folder:
        environment = dict(os.environ)
        if cold:
            environment["PAVED_CACHE"] = str(Path(folder, "cache"))
        document = bench.tour(CHECKOUT, environment)
        shutil.rmtree(str(document["scratch"]), ignore_errors=True)
        return document
