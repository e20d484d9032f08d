"""The tour's figures over several runs: minimum, median and maximum of each.

Prints figures and judges none. A run is a process of its own, as a user starts it.
"""

import json
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paved.errors import EnvironmentProblem, Problem

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """One figure over all runs.

    Args:
        name: what was measured, with the step it belongs to.
        unit: its unit.
        minimum: the smallest value.
        median: the middle value, interpolated.
        maximum: the largest value.
        runs: how many values there are.
    """

    name: str
    unit: str
    minimum: float
    median: float
    maximum: float
    runs: int


def tour(checkout: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Take one tour in a process of its own and return its document, with the whole wall time.

    Args:
        checkout: the working copy whose `paved` is run.
        environment: the process's variables; PAVED_CACHE decides whether the run is cold.

    Raises:
        EnvironmentProblem: a step could not be done; carries the end of what was said.
    """
    start = time.monotonic()
    done = subprocess.run(
        [checkout / "paved", "tour", "--json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EnvironmentProblem(
            Problem(f"the tour ended with {done.returncode}:\n{done.stderr[-KEPT:]}", where="tour")
        )
    document: dict[str, Any] = json.loads(done.stdout)
    return document | {"wall": time.monotonic() - start}


def rows(documents: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the figures of some tours, in the order the tour has them.

    Args:
        documents: what `tour` returned, at least one.
    """
    values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for document in documents:
        for key, value in _figures(document):
            values[key].append(value)
    return [
        Row(name, unit, min(found), statistics.median(found), max(found), len(found))
        for (name, unit), found in values.items()
    ]


def _figures(document: Mapping[str, Any]) -> Iterable[tuple[tuple[str, str], float]]:
    yield ("whole tour", "s"), float(document["wall"])
    yield ("downloaded", "MB"), document["downloaded"] / 1_000_000
    for step in document["steps"]:
        yield (f"step {step['name']}", "s"), float(step["seconds"])
        for figure in step["figures"]:
            if isinstance(figure["value"], int | float):
                yield (f"{step['name']}: {figure['name']}", figure["unit"]), float(figure["value"])
