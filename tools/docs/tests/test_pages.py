"""The pages that are made are what they would be made as now."""

import re
from pathlib import Path

import pytest

from docs import pages
from paved.cli.app import GROUPS
from paved.errors import ExitCode

HERE = Path()
MADE = pages.pages(HERE)


@pytest.mark.parametrize("path", MADE, ids=str)
def test_the_page_is_up_to_date(path: Path) -> None:
    """What is in the repository is what the code and the files beside it give."""
    assert path.read_text(encoding="utf-8") == MADE[path], "run: ./bazelw run //tools/docs:update"


def test_every_command_is_there() -> None:
    """Each group and each command of a group has its help, within the width that it is made for."""
    text = MADE[pages.REFERENCE / "cli.md"]
    headings = re.findall(r"^## paved ?(.*)$", text, re.MULTILINE)
    assert {words.partition(" ")[0] for words in headings} - {""} >= set(GROUPS)
    assert text.count("Usage: paved") == len(headings)
    assert max(map(len, text.splitlines())) <= pages.WIDTH


def test_every_exit_code_has_a_meaning() -> None:
    """No row of the table is without one."""
    text = MADE[pages.REFERENCE / "exit-codes.md"]
    rows = re.findall(r"^\| (\d+) \| `\w+` \| (.+) \|$", text, re.MULTILINE)
    assert [int(code) for code, _ in rows] == list(ExitCode)
    assert all(meaning.strip() for _, meaning in rows)


def test_the_lists_are_complete(tmp_path: Path) -> None:
    """A new page is in its folder's list; a decision is with its number."""
    (tmp_path / "0012-new.md").write_text("---\nstatus: x\n---\n# Do it\n")
    (tmp_path / "figures.md").write_text("# Figures\n\n# Not this\n")
    (tmp_path / "README.md").write_text("# List\n")
    listed = pages.contents(tmp_path).splitlines()
    assert listed == ["* ADR 12: [Do it](0012-new.md)", "* [Figures](figures.md)"]
