"""Answers given ahead, and the questions that they have to belong to."""

import pytest

from paved.errors import InputError
from paved.goldenpath.answers import Answers, combine, read_recorded, read_words
from paved.goldenpath.catalogue import GoldenPath, Question, find, read_paths
from paved.goldenpath.testing import ROOT

SERVICE = GoldenPath("service", "a service", (Question("name", "?"), Question("team", "?")))


def test_paths() -> None:
    """The paths are those that copier.yml offers, each with what it asks, at most 8 questions."""
    paths = read_paths(lambda path: (ROOT / path).read_text("utf-8"))
    folders = {path.parent.name for path in (ROOT / "golden-paths").glob("*/questions.yml")}
    assert {path.name for path in paths} == folders
    asked = [question.name for question in find(paths, "service").questions]
    assert asked[:4] == ["name", "team", "tier", "interface"]
    assert len(asked) < 8  # copier.yml asks for the path itself
    assert all(question.help for path in paths for question in path.questions)


def test_unknown_path() -> None:
    """An unknown path is refused with those there are."""
    with pytest.raises(InputError, match="one of service"):
        find((SERVICE,), "servcie")


@pytest.mark.parametrize("entry", ["", "a: [", "golden_path: {type: str}", "- 1", "name: 1"])
def test_no_platform(entry: str) -> None:
    """What is not a copier.yml with paths is refused with the file's name."""
    with pytest.raises(InputError, match=r"copier\.yml"):
        read_paths(lambda _: entry)


def test_recorded() -> None:
    """A file of Copier's gives its answers as text, and the version that recorded them."""
    text = "_commit: v0.1.0\n_src_path: ../paved\nname: quotes\nport: 8080\nnone:\n"
    expected = Answers({"name": "quotes", "port": "8080"}, recorded_by="v0.1.0")
    assert read_recorded(text, "answers.yml") == expected


@pytest.mark.parametrize("text", ["", "- name", "name: [a", "name: {a: b}\n", "name: a\nname: b\n"])
def test_not_recorded(text: str) -> None:
    """Anything but a mapping of questions to single answers is refused with the file's name."""
    with pytest.raises(InputError, match=r"answers\.yml"):
        read_recorded(text, "answers.yml")


def test_words() -> None:
    """Words are split at their first equals sign, and all that have none are refused at once."""
    assert read_words(["name=a=b", "team="]).values == {"name": "a=b", "team": ""}
    with pytest.raises(InputError) as refused:
        read_words(["name", "=a", "team=b"])
    assert [problem.what for problem in refused.value.problems] == ["'name'", "'=a'"]


def test_combined() -> None:
    """Given answers win over recorded ones, and Copier is told which path they are for."""
    recorded = Answers({"golden_path": "service", "name": "a", "team": "b"})
    combined = combine(SERVICE, recorded, Answers({"name": "c"}))
    assert combined == {"golden_path": "service", "name": "c", "team": "b"}


def test_unasked() -> None:
    """Every answer that nothing asks for is refused, and answers for another path too."""
    with pytest.raises(InputError) as refused:
        combine(SERVICE, Answers({"golden_path": "job", "tire": "x"}), Answers({"nmae": "y"}))
    said = [problem.what for problem in refused.value.problems]
    assert len(said) == 3
    assert "'job'" in said[0]
    assert "'tire'" in said[1]
    assert "'nmae'" in said[2]
