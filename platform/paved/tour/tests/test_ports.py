"""The tour believes a command's exit code, and tells its reasons in words."""

import json
from collections.abc import Sequence

import pytest

from paved.errors import Conflict, Problem
from paved.tour.model import Step
from paved.tour.ports import Answer, Paved, StepFailed


class Notes:
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lines: list[str] = []

    def begin(self, name: str, title: str) -> None:
        """Remember a beginning."""

    def tell(self, line: str) -> None:
        """Remember a line."""
        self.lines.append(line)

    def ticking(self, line: str) -> None:
        """Forget what moves."""

    def end(self, step: Step) -> None:
        """Forget the end."""


def paved(answer: Answer) -> tuple[Paved, Notes]:
    """Return a command line that always gives `answer`, and its watcher."""
    notes = Notes()

    def run(words: Sequence[str]) -> Answer:
        assert words
        return answer

    return Paved(run=run, watcher=notes), notes


def test_a_command_is_shown_as_a_user_would_type_it() -> None:
    """The line has the words, without the --json that only the tour needs."""
    command, notes = paved(Answer(0, "{}", ""))
    command("verify", "layout", "--json")
    assert notes.lines == ["$ paved verify layout"]


def test_success_gives_the_document() -> None:
    """What a command printed as JSON is what the step gets."""
    command, _ = paved(Answer(0, '{"files": 3}', "note"))
    assert command("new", "--json").document == {"files": 3}


def test_a_failure_is_told_in_words_even_from_json() -> None:
    """A failed command fails the step with its problems as text, hints included."""
    error = Conflict(Problem("is held", where="store", hint="wait"))
    command, _ = paved(Answer(6, "", "a note\n" + json.dumps(error.as_data(), indent=2)))
    with pytest.raises(StepFailed, match=r"(?s)ended with 6\nstore: is held\n  hint: wait$"):
        command("metrics", "ingest")


@pytest.mark.parametrize("code", [0, 3, 4])
def test_only_a_refusal_is_a_refusal(code: int) -> None:
    """A command that was to be refused and ended otherwise fails the step."""
    command, _ = paved(Answer(code, "", "error: something else"))
    with pytest.raises(StepFailed, match="was to be refused"):
        command.refused("verify", "layout")


def test_a_refusal_gives_its_first_reason() -> None:
    """The reason of a refusal is shown, without the word `error`."""
    command, notes = paved(Answer(5, "", "note\nerror: layer: digest differs\n  hint: none"))
    assert command.refused("verify", "layout") == "layer: digest differs"
    assert notes.lines[-1] == "refused: layer: digest differs"
