"""The graph read from the lock's notes is the one that the wheels themselves declare."""

import json
import os
import re
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

GRAPH = json.loads(Path(os.environ["WHEEL_GRAPH"]).read_text(encoding="utf-8"))


def normalize(name: str) -> str:
    """Return a distribution's name as the graph has it."""
    return re.sub(r"[-.]", "_", name.lower())


def installed() -> dict[str, Distribution]:
    """Return the fetched distributions by name."""
    folders = Path().absolute().parent.glob("*pypi_*/site-packages/*.dist-info")
    found = map(Distribution.at, folders)
    return {normalize(each.metadata["Name"]): each for each in found}


def test_every_locked_distribution_was_fetched() -> None:
    """What is compared below is the whole lock, in the locked versions."""
    assert {name: each.version for name, each in installed().items()} == {
        name: entry["version"] for name, entry in GRAPH.items()
    }


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_the_edges_are_the_wheels_own(name: str) -> None:
    """Each unconditional requirement is an edge, and each edge is a requirement."""
    requirements = [Requirement(line) for line in installed()[name].requires or []]
    edges = set(GRAPH[name]["deps"])
    needed = {
        normalize(each.name)
        for each in requirements
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }
    assert needed <= edges | {name}
    assert edges <= {normalize(each.name) for each in requirements}
