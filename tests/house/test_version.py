"""The platform has one version, and one Bazel (ADR 3)."""

import re
import tomllib
from pathlib import Path

import pytest

TEMPLATE = Path("golden-paths/service/template")
PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
PLACES = {
    "MODULE.bazel": r'^module\(\s+name = "paved",\s+version = "(.+)",\s+\)$',
    "golden-paths/shared/platform.jinja": r'set VERSION = "(.+)"',
}


@pytest.mark.parametrize("place", PLACES)
def test_the_version_is_the_projects(place: str) -> None:
    """Where the version stands, it is pyproject.toml's."""
    found = re.findall(PLACES[place], Path(place).read_text(encoding="utf-8"), re.MULTILINE)
    assert found == [PROJECT["version"]]


def test_scaffolded_repositories_ask_for_it() -> None:
    """The template takes the version from the one place that golden paths share."""
    text = (TEMPLATE / "MODULE.bazel.jinja").read_text(encoding="utf-8")
    assert "import VERSION -%}" in text
    assert re.findall(r'bazel_dep\(name = "paved", version = "(.+)"\)', text) == ["{{ VERSION }}"]


def test_scaffolded_repositories_run_the_same_bazel() -> None:
    """The template's .bazelversion is this repository's, and its README names that one."""
    own = Path(".bazelversion").read_text(encoding="utf-8")
    assert (TEMPLATE / ".bazelversion").read_text(encoding="utf-8") == own
    named = re.findall(r"Bazel (\d[\d.]+\d)", (TEMPLATE / "README.md.jinja").read_text("utf-8"))
    assert set(named) == {own.strip()}
