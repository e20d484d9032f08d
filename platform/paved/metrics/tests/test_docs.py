"""The reference pages say what the code does."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from paved.metrics.dora import DoraReport, Figure
from paved.metrics.events import Accepted, Event, Kind, ServiceDeployed, decode
from paved.metrics.events.wire import PavedData
from paved.metrics.settings import DEFINITIONS, Settings


def page(name: str) -> str:
    """Return a reference page's text, from the repository that this file is in."""
    for folder in Path(__file__).parents:
        found = folder / "docs" / "reference" / name
        if found.is_file():
            return found.read_text(encoding="utf-8")
    pytest.fail(f"docs/reference/{name} is not above {__file__}")


def table(text: str, heading: str) -> list[str]:
    """Return the code words in the first column of the table below a heading's words."""
    rows = text.split(heading, 1)[1].split("\n\n", 1)[0].splitlines()
    return [word for row in rows[2:] for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_the_example_is_an_event() -> None:
    """The example of events.md is read as what the page says it is."""
    example = re.search(r"```json\n(.*?)```", page("events.md"), re.DOTALL)
    assert example is not None
    found = decode(json.dumps(json.loads(example[1])).encode())
    assert isinstance(found, Accepted), found
    assert isinstance(found.event, Event)
    body = found.event.body
    assert body == ServiceDeployed(
        "orders", "prod", "pkg:oci/orders@sha256%3A0b31...", deployment="release-7"
    )


def test_every_kind_is_on_the_page() -> None:
    """The table of kinds has all kinds and no other."""
    whole: list[str] = []
    for word in table(page("events.md"), "## Kinds\n\n"):
        same = whole[-1].rsplit(".", 1)[0] if word.startswith(".") else ""
        whole.append(same + word)
    assert sorted(whole) == sorted(Kind)


def test_every_custom_field_is_on_the_page() -> None:
    """The table of `customData.paved` has all fields and no other."""
    heading = "they stand in `customData.paved`.\n\n"
    assert sorted(table(page("events.md"), heading)) == sorted(PavedData.model_fields)


def test_every_figure_is_on_the_page() -> None:
    """The table of figures has all figures and no other."""
    figures = [field.name for field in fields(DoraReport) if field.type is Figure]
    assert table(page("dora.md"), "the services' figures.\n\n") == figures


def test_the_defaults_are_on_the_page() -> None:
    """The version, the environments and the window are the code's."""
    text = page("dora.md")
    assert f"Definitions version {DEFINITIONS}." in text
    assert all(f"`{name}`" in text for name in Settings().production)
    assert f"({Settings().failure_window.total_seconds() / 3600:g} hours;" in text
