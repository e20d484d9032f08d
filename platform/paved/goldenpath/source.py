"""The platform's working copy as the source of templates: what it offers, and from which commit.

Only what is committed is rendered: a repository that names a commit has to be what that commit
renders, for everybody and at the next update. Uncommitted changes are said, never taken.
"""

from dataclasses import dataclass
from pathlib import Path

from paved.adapters.git import Repository, open_repository
from paved.errors import EnvironmentProblem, Problem
from paved.goldenpath.answers import Answers
from paved.goldenpath.catalogue import GoldenPath, read_paths
from paved.goldenpath.releases import LIST, Choice, Release, choose, read_releases, refuse_newer

_RENDERED = ("copier.yml", "golden-paths/")


@dataclass(frozen=True, slots=True)
class Source:
    """A working copy of the platform, the releases it lists, and the commit to render."""

    repository: Repository
    releases: tuple[Release, ...]
    chosen: Choice

    @property
    def root(self) -> Path:
        """The working copy's folder."""
        return self.repository.root

    def paths(self) -> tuple[GoldenPath, ...]:
        """Return the golden paths that the chosen commit offers."""

        def text(path: str) -> str:
            return self.repository.read(self.chosen.commit, [path]).get(path, b"").decode()

        return read_paths(text)

    def refuse_newer(self, answers: Answers) -> None:
        """Raise Conflict when a platform newer than the chosen commit recorded `answers`."""
        if answers.recorded_by:
            clone = self.repository
            refuse_newer(
                answers.recorded_by, self.releases, self.chosen, clone.resolve, clone.contains
            )

    def uncommitted(self) -> tuple[str, ...]:
        """Return the changed files that would be rendered if they were committed."""
        return tuple(path for path in self.repository.changed() if path.startswith(_RENDERED))


def open_source(root: Path, revision: str = "") -> Source:
    """Choose a commit of the platform's working copy at `root`.

    Args:
        root: the working copy.
        revision: a release, tag, branch or commit; "" for the newest release, or HEAD while no
            release is listed.

    Raises InputError for a revision that is not there, EnvironmentProblem when `root` is no
    working copy or has no commit.
    """
    repository = open_repository(root)
    if not repository.resolve("HEAD"):
        raise EnvironmentProblem(Problem("the platform has no commit yet", where=str(root)))
    releases = read_releases(repository.read("HEAD", [LIST]).get(LIST, b"").decode())
    return Source(repository, releases, choose(releases, revision, repository.resolve))
