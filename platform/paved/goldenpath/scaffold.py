"""A new repository from a golden path: checked, rendered beside its place, then moved there."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from paved.adapters import copier
from paved.adapters.git import Repository, initialise
from paved.errors import EnvironmentProblem, InputError, Problem
from paved.goldenpath.answers import Answers, combine, read_recorded
from paved.goldenpath.catalogue import GoldenPath, find
from paved.goldenpath.source import Source
from paved.goldenpath.staging import Stage, check_target, stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to make.

    Args:
        path: the golden path's name.
        target: the folder to make.
        recorded: answers of an answers file.
        given: answers given one by one; they win over the recorded ones.
        defaults: whether questions without an answer take their default.
        terminal: whether there is a terminal to ask on.
        commit: whether the result becomes a Git repository with a first commit.
    """

    path: str
    target: Path
    recorded: Answers
    given: Answers
    defaults: bool
    terminal: bool
    commit: bool


@dataclass(frozen=True, slots=True)
class Scaffolded:
    """What was made, or would be: the answers as recorded, and the files in order."""

    path: str
    target: Path
    commit: str
    version: str
    answers: Mapping[str, str]
    files: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """The same for the same path, commit and answers: what was made, not when or where."""
        facts = [self.path, self.commit, dict(self.answers)]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def scaffold(order: Order, source: Source) -> Scaffolded:
    """Make `order.target` from `source`; it appears complete or not at all.

    Raises InputError for an unknown path or with every answer that is refused, Conflict when the
    target is taken or the answers come from a newer platform, EnvironmentProblem when Git or the
    disk fails.
    """
    target = order.target.resolve()
    render = _checked(order, source, target)
    with stage(target) as place:
        if order.commit:
            _require_identity(Repository(initialise(place.tree)))
        made = _render(order, source, render, place)
        if order.commit:
            message = f"chore: scaffold from the golden path {order.path}\n"
            Repository(place.tree).commit_all(message)
        place.publish()
    return made


def preview(order: Order, source: Source) -> Scaffolded:
    """Return what `scaffold` would make, rendered in a temporary folder; nothing stays."""
    target = order.target.resolve()
    render = _checked(order, source, target)
    with tempfile.TemporaryDirectory(prefix="paved-new-") as folder:
        scratch = Path(folder, "scratch")
        scratch.mkdir()
        return _render(order, source, render, Stage(Path(folder, target.name), scratch, target))


def _checked(order: Order, source: Source, target: Path) -> copier.Render:
    """Return what to render; raise what can be known to be wrong before rendering."""
    path = find(source.paths(), order.path)
    answers = combine(path, order.recorded, order.given)
    source.refuse_newer(order.recorded)
    check_target(target, source.root)
    ask = not order.defaults and bool(_open(path, answers))
    if ask and not order.terminal:
        raise InputError(
            Problem(
                f"no answer to {', '.join(_open(path, answers))}, and no terminal to ask on",
                hint="add --defaults, --data question=answer or --answers FILE",
            )
        )
    return copier.Render(source.root, source.chosen.commit, answers, ask=ask)


def _require_identity(made: Repository) -> None:
    """Refuse a first commit that Git's configuration gives no author for, before any question."""
    try:
        made.identity()
    except EnvironmentProblem as error:
        problem = replace(
            error.problems[0],
            where="--git",
            hint='git config --global user.name "Your Name" and user.email; or leave out --git',
        )
        raise EnvironmentProblem(problem) from error


def _open(path: GoldenPath, answers: Mapping[str, str]) -> list[str]:
    return [question.name for question in path.questions if question.name not in answers]


def _render(order: Order, source: Source, render: copier.Render, place: Stage) -> Scaffolded:
    copier.render(render, place.tree, place.scratch)
    file = f".copier-answers.{order.path}.yml"
    recorded = read_recorded((place.tree / file).read_text("utf-8"), file)
    made = (path.relative_to(place.tree) for path in place.tree.rglob("*") if not path.is_dir())
    files = sorted(path.as_posix() for path in made if path.parts[0] != ".git")
    return Scaffolded(
        path=order.path,
        target=place.target,
        commit=source.chosen.commit,
        version=source.chosen.version,
        answers=recorded.values,
        files=tuple(files),
    )
