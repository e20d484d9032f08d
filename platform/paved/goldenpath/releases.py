"""Which commit to render from: the list of releases (releases.json) against what a clone has.

Only commits on main are sure to reach a clone, tags are not: so the list lives in the tree and
tags are made from it. Pure: facts about the clone come in, a choice and notes go out.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from paved.errors import Conflict, EnvironmentProblem, InputError, Problem

LIST = "releases.json"

Resolve: TypeAlias = Callable[[str], str]
"""Gives the commit that a revision names in the clone, empty when there is none."""

Contains: TypeAlias = Callable[[str, str], bool]
"""Tells whether the first commit has the second one among itself and its ancestors."""

_DESCRIBED = re.compile(r".+-\d+-g(?P<hash>[0-9a-f]{7,64})")


@dataclass(frozen=True, slots=True)
class Release:
    """A released version (`major.minor.patch`) and its commit."""

    version: str
    commit: str

    @property
    def tag(self) -> str:
        """The tag that is made for it."""
        return f"v{self.version}"

    @property
    def order(self) -> tuple[int, ...]:
        """What releases are sorted by."""
        return tuple(map(int, self.version.split(".")))


@dataclass(frozen=True, slots=True)
class Choice:
    """The commit to render, its version ("" between releases) and what to tell the user."""

    commit: str
    version: str = ""
    notes: tuple[str, ...] = ()


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$")]
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]


_List = TypeAdapter(list[_Listed])


def read_releases(text: str) -> tuple[Release, ...]:
    """Return the releases that releases.json lists, oldest first; InputError when it is wrong."""
    try:
        listed = _List.validate_python(json.loads(text or "[]"))
    except ValueError as error:
        what = f"not a list of releases: {' '.join(str(error).split())}"
        expected = '[{"version": "1.2.3", "commit": "<40 hex digits>"}]'
        raise InputError(Problem(what, where=LIST, expected=expected)) from error
    found = (Release(item.version, item.commit) for item in listed)
    return tuple(sorted(found, key=lambda release: release.order))


def choose(releases: tuple[Release, ...], revision: str, resolve: Resolve) -> Choice:
    """Choose the commit to render.

    Args:
        releases: what releases.json lists.
        revision: what the user asked for: a release, tag, branch or commit; "" for the newest
            release, or HEAD while there is none.
        resolve: the clone's own knowledge of revisions.

    Raises InputError for a revision that nothing knows, EnvironmentProblem for a release whose
    commit has not reached the clone.
    """
    if not revision and not releases:
        commit = resolve("HEAD")
        return Choice(commit, notes=(f"no release is listed yet: rendering commit {commit[:12]}",))
    release = _named(releases, revision) if revision else releases[-1]
    if release is not None:
        return _released(release, resolve)
    commit = resolve(revision)
    if commit:
        return Choice(commit)
    known = ", ".join(release.tag for release in releases) or "none yet"
    raise InputError(
        Problem(
            f"no release, tag, branch or commit {revision!r}",
            where="--vcs-ref",
            expected=f"a commit of this clone; releases: {known}",
            hint="git pull --tags",
        )
    )


def refuse_newer(
    recorded: str, releases: tuple[Release, ...], chosen: Choice, resolve: Resolve, has: Contains
) -> None:
    """Raise Conflict when answers were recorded by a version that `chosen` does not have.

    Args:
        recorded: the answers' `_commit`: a tag, a commit, or both as `git describe` puts it.
        releases: what releases.json lists.
        chosen: what is to be rendered.
        resolve: the clone's own knowledge of revisions.
        has: the clone's own knowledge of ancestry.
    """
    release = _named(releases, recorded)
    described = _DESCRIBED.fullmatch(recorded)
    name = release.commit if release else described["hash"] if described else recorded
    commit = resolve(name)
    if commit and has(chosen.commit, commit):
        return
    raise Conflict(
        Problem(
            f"recorded by {recorded}, which {chosen.version or chosen.commit[:12]} does not have",
            where="--answers",
            expected="answers of the rendered version or an older one",
            hint="git pull --tags in the platform's clone, or name the newer one with --vcs-ref",
        )
    )


def _named(releases: tuple[Release, ...], revision: str) -> Release | None:
    return next((r for r in releases if revision in {r.tag, r.version}), None)


def _released(release: Release, resolve: Resolve) -> Choice:
    commit = resolve(f"refs/tags/{release.tag}")
    if commit:
        return Choice(commit, release.version)
    commit = resolve(release.commit)
    if not commit:
        what = f"the commit of release {release.version} is not in this clone"
        hint = "git fetch --tags (and --unshallow in a shallow clone)"
        raise EnvironmentProblem(Problem(what, where=release.commit, hint=hint))
    note = (
        f"release {release.version} has no tag in this clone, so copier cannot name it; "
        f"hint: git tag {release.tag} {release.commit}"
    )
    return Choice(commit, release.version, (note,))
