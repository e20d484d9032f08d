"""Copier's words translated: answers that it refuses, and a machine that fails it."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from paved.adapters.copier import Render, render
from paved.errors import EnvironmentProblem, InputError

_TEMPLATE = """
_subdirectory: template
name:
  type: str
  default: "{{ _folder_name }}"
  validator: "{% if name == 'bad' %}bad is bad; expected something good{% endif %}"
size:
  type: str
  choices: {Small: s, Large: l}
  default: s
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Give a template in a Git repository of one commit."""
    folder = tmp_path / "template"
    (folder / "template").mkdir(parents=True)
    (folder / "copier.yml").write_text(_TEMPLATE)
    (folder / "template" / "made.jinja").write_text("{{ name }} {{ size }}\n")
    who = ("-c", "user.name=Example", "-c", "user.email=example@example.com")
    for words in (("init", "--quiet"), ("add", "--all"), (*who, "commit", "--quiet", "-m", "one")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def run(template: Path, target: Path, **answers: str) -> None:
    """Render the template's HEAD with its own scratch folder."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=template, check=True, capture_output=True, text=True)
    scratch = template.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    render(Render(template, done.stdout.strip(), answers), target, scratch)


def test_render(template: Path, tmp_path: Path) -> None:
    """Answers and defaults are rendered, and Copier's clone is gone from the scratch folder."""
    before = tempfile.gettempdir()
    run(template, tmp_path / "made", size="l")
    assert (tmp_path / "made" / "made").read_text() == "made l\n"
    assert list((tmp_path / "scratch").iterdir()) == []
    assert tempfile.gettempdir() == before


def test_committed_only(template: Path, tmp_path: Path) -> None:
    """What is not committed is not rendered, though Copier alone would take it from HEAD."""
    (template / "template" / "made.jinja").write_text("draft")
    (template / "template" / "more").write_text("draft")
    run(template, tmp_path / "made")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["made"]
    assert (tmp_path / "made" / "made").read_text() == "made s\n"


def test_every_refusal(template: Path, tmp_path: Path) -> None:
    """Each refused answer is a problem with what, where and expected; nothing is rendered."""
    with pytest.raises(InputError) as refused:
        run(template, tmp_path / "made", name="bad", size="m")
    problems = {problem.where: problem for problem in refused.value.problems}
    assert list(problems) == ["name", "size"]
    assert (problems["name"].what, problems["name"].expected) == ("bad is bad", "something good")
    assert problems["size"].what == "'m' is not a choice"
    assert problems["size"].expected == "one of s, l"
    assert not (tmp_path / "made").exists()


def test_machine(template: Path, tmp_path: Path) -> None:
    """What the disk refuses is said with where, and how to go on."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="run the same command again"):
        run(template, tmp_path / "file" / "made")
