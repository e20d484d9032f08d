"""Copier behind one function: a template's committed state, answers in, a rendered folder out.

Copier would render uncommitted changes of a local template when asked for its HEAD, and take
defaults from the user's own settings; here the commit is always named and no settings are read,
so that a result depends on commit and answers alone. Updating is left to the stock command.
"""

import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import copier
from copier import errors
from plumbum import ProcessExecutionError

from paved.errors import EnvironmentProblem, InputError, Problem

_REJECTED = re.compile(
    r"(?:Validation error for question|Invalid choice for) '(?P<name>\w+)': (?P<why>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Render:
    """What to render.

    Args:
        source: the template's Git working copy.
        commit: the commit of it, in full.
        answers: answers by question; the rest is asked for, or takes its default.
        ask: whether to ask on the terminal for what `answers` leaves open.
    """

    source: Path
    commit: str
    answers: Mapping[str, str]
    ask: bool = False


def render(order: Render, target: Path, scratch: Path) -> None:
    """Render `order` into the new folder `target`.

    Args:
        order: what to render.
        target: the folder to make; its name may be a question's default.
        scratch: an existing folder for Copier's own temporary clone.

    Raises InputError with every answer that a question refuses, EnvironmentProblem when Git or
    the disk fails.
    """
    with _scratch(scratch), _translated():
        if order.ask:
            _try(replace(order, ask=False), target, pretend=True)
        _try(order, target, pretend=False)


def _try(order: Render, target: Path, *, pretend: bool) -> None:
    """Run Copier, and again without each answer it refuses, so that every problem is found."""
    problems: list[Problem] = []
    answers = dict(order.answers)
    while True:
        try:
            _run(replace(order, answers=answers), target, pretend=pretend or bool(problems))
            break
        except ValueError as error:
            found = _REJECTED.match(str(error))
            if found is None or found["name"] not in answers:
                raise
            problems.append(_problem(found["name"], found["why"]))
            del answers[found["name"]]
    if problems:
        raise InputError(*problems)


def _run(order: Render, target: Path, *, pretend: bool) -> None:
    copier.run_copy(
        str(order.source),
        target,
        data=dict(order.answers),
        vcs_ref=order.commit,
        settings=copier.Settings(),
        defaults=not order.ask,
        overwrite=True,
        pretend=pretend,
        quiet=True,
    )


def _problem(question: str, why: str) -> Problem:
    what, _, expected = why.partition("; expected ")
    if expected:
        return Problem(what, where=question, expected=expected)
    what, _, choices = why.partition(" is not in ")
    expected = f"one of {choices.strip('[]').replace(chr(39), '')}" if choices else ""
    return Problem(
        f"{what} is not a choice" if choices else what, where=question, expected=expected
    )


@contextmanager
def _scratch(folder: Path) -> Iterator[None]:
    """Keep Copier's temporary clones below `folder`, where whoever owns it removes them."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", errors.CopierWarning)
            yield
    finally:
        tempfile.tempdir = before


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except errors.InteractiveSessionError as error:
        hint = "add --defaults, or give every answer with --data or --answers"
        raise InputError(Problem("there is no terminal to ask on", hint=hint)) from error
    except errors.UserMessageError as error:
        raise EnvironmentProblem(Problem(str(error).rstrip("."))) from error
    except ProcessExecutionError as error:
        reason = "; ".join(error.stderr.split("\n")[-3:]).strip("; ") or f"status {error.retcode}"
        hint = "make room, or run paved doctor; then run the same command again"
        raise EnvironmentProblem(Problem(f"git failed: {reason}", hint=hint)) from error
    except OSError as error:
        raise EnvironmentProblem(
            Problem(
                f"cannot write: {error.strerror or error}",
                where=str(error.filename or ""),
                hint="make room or choose another folder, and run the same command again",
            )
        ) from error
