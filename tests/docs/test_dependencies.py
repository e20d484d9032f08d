"""ADR 11 has a line for each dependency and each locked tool, and none for what is gone."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
TOOLS = json.loads(Path("tools/toolchain/tools.lock.json").read_text(encoding="utf-8"))["tools"]
ROW = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|$")


def tables(text: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Return, by heading, each table's reason and keeper by name."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    rows: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        if line.startswith("### "):
            rows = found.setdefault(line.removeprefix("### "), {})
        match = ROW.match(line)
        if match and match[2] != "why this one" and not match[1].startswith("-"):
            rows[match[1]] = (match[2], match[3])
    return found


def names(requirements: Iterable[str]) -> set[str]:
    """Return the distributions that requirements name."""
    return {re.split(r"[\[<>=~! ;]", each)[0] for each in requirements}


DECISION = tables(Path("adr/0011-dependencies.md").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]


def test_every_dependency_has_a_line() -> None:
    """Each group of pyproject.toml and its table name the same distributions."""
    assert set(DECISION["The toolkit"]) == names(PROJECT["project"]["dependencies"])
    assert set(DECISION["The chassis of services"]) == names(GROUPS["chassis"])
    assert set(DECISION["Tests"]) == names(GROUPS["test"])
    assert set(GROUPS) == {"chassis", "test"}


def test_every_tool_has_a_line() -> None:
    """The lock of tools and its table name the same ones."""
    assert set(DECISION["Locked tools"]) == {tool["name"] for tool in TOOLS}


def test_tables_are_read() -> None:
    """A line counts for the table that it is in, without its head."""
    head = "| dependency | why this one | kept by |\n|---|---|---|\n"
    text = f"### A\n\n{head}| x | good | them |\n\n### B\n\n{head}| y | better | her |\n"
    assert tables(text) == {"A": {"x": ("good", "them")}, "B": {"y": ("better", "her")}}
    assert names(["a.b>=1", "c[d]>=2", "e"]) == {"a.b", "c", "e"}
