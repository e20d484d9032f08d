"""The golden paths of one commit, read from copier.yml and each path's questions.yml.

Reads what Copier reads; what questions mean (defaults, conditions, rules) stays with Copier.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from paved.errors import InputError, Problem

ENTRY = "copier.yml"
CHOOSER = "golden_path"

Files: TypeAlias = Callable[[str], str]
"""Gives a file of the commit by path, empty when the commit has no such file."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a path asks: its name and what it asks."""

    name: str
    help: str


@dataclass(frozen=True, slots=True)
class GoldenPath:
    """A golden path: its name, what it gives, and what it asks in order."""

    name: str
    summary: str
    questions: tuple[Question, ...]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore")
    help: str = ""
    when: str | bool = True
    choices: Mapping[str, str] | None = None


_Questions = TypeAdapter(Annotated[dict[str, _Asked], Field(min_length=1)])


def read_paths(files: Files) -> tuple[GoldenPath, ...]:
    """Return the paths that copier.yml offers, in its order; InputError when it cannot be read."""
    entry = _questions(ENTRY, files)
    choices = entry[CHOOSER].choices if CHOOSER in entry else None
    if not choices:
        raise InputError(
            Problem(
                f"no question {CHOOSER} with choices", where=ENTRY, hint="is this the platform?"
            )
        )
    return tuple(
        GoldenPath(name, label.partition(": ")[2] or label, _asked(name, files))
        for label, name in choices.items()
    )


def find(paths: tuple[GoldenPath, ...], name: str) -> GoldenPath:
    """Return the path called `name`, or raise InputError that says which there are."""
    for path in paths:
        if path.name == name:
            return path
    known = ", ".join(path.name for path in paths)
    raise InputError(
        Problem(f"no golden path {name!r}", expected=f"one of {known}", hint="paved new --list")
    )


def _asked(path: str, files: Files) -> tuple[Question, ...]:
    found = _questions(f"golden-paths/{path}/questions.yml", files)
    return tuple(Question(key, q.help) for key, q in found.items() if q.when is not False)


def _questions(where: str, files: Files) -> dict[str, _Asked]:
    try:
        merged = {k: v for document in _documents(files(where)) for k, v in document.items()}
        return _Questions.validate_python({k: v for k, v in merged.items() if k[:1] != "_"})
    except (YAMLError, ValidationError) as error:
        reason = " ".join(str(error).split())
        raise InputError(Problem(f"not questions for Copier: {reason}", where=where)) from error


def _documents(text: str) -> Iterator[Mapping[str, object]]:
    """Yield the mappings of a YAML stream; an `!include` is a document of its own."""
    for document in YAML(typ="rt", pure=True).load_all(text):
        if isinstance(document, Mapping):
            yield document
