"""Answers given ahead of the questions: from --data words and from a recorded answers file.

Which values a question accepts is Copier's business; here, only that each answer belongs to a
question that is asked, and is text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from paved.errors import InputError, Problem
from paved.goldenpath.catalogue import CHOOSER, GoldenPath


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers by question, and the version that recorded them ("" when none did)."""

    values: Mapping[str, str] = field(default_factory=dict)
    recorded_by: str = ""


def read_recorded(text: str, where: str) -> Answers:
    """Return the answers of a file in Copier's format; InputError when it is not one.

    Args:
        text: the file's content: YAML, keys that start with `_` are Copier's own.
        where: the file's name, for messages.
    """
    expected = "a YAML mapping of questions to answers"
    try:
        found = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        reason = " ".join(str(error).split())
        raise InputError(Problem(reason, where=where, expected=expected)) from error
    if not isinstance(found, Mapping):
        raise InputError(Problem("not a mapping", where=where, expected=expected))
    nested = [str(key) for key, value in found.items() if isinstance(value, Mapping | list)]
    if nested:
        raise InputError(*(Problem(f"{key} is not one value", where=where) for key in nested))
    values = {str(key): str(value) for key, value in found.items() if value is not None}
    answers = {key: value for key, value in values.items() if not key.startswith("_")}
    return Answers(answers, values.get("_commit", ""))


def read_words(words: Sequence[str]) -> Answers:
    """Return the answers of `question=answer` words; InputError with each that is not one."""
    wrong = [word for word in words if not word.partition("=")[1] or word.startswith("=")]
    if wrong:
        expected = "question=answer"
        raise InputError(*(Problem(f"{w!r}", where="--data", expected=expected) for w in wrong))
    return Answers({key: value for key, _, value in (word.partition("=") for word in words)})


def combine(path: GoldenPath, recorded: Answers, given: Answers) -> Mapping[str, str]:
    """Return all answers for `path`, the given ones over the recorded ones.

    Raises InputError with each answer to a question that `path` does not ask.
    """
    merged = dict(recorded.values) | dict(given.values)
    other = merged.pop(CHOOSER, path.name)
    asked = [question.name for question in path.questions]
    problems = [
        Problem(f"{path.name} asks no question {name!r}", expected=f"one of {', '.join(asked)}")
        for name in merged
        if name not in asked
    ]
    if other != path.name:
        problems.insert(0, Problem(f"the answers are for {other!r}", expected=path.name))
    if problems:
        raise InputError(*problems)
    return merged | {CHOOSER: path.name}
