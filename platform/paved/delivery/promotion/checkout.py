"""The user's working copy: it has to be clean before a change, and follows it afterwards.

Nothing of the user's is ever overwritten: what differs is either theirs, and stops us, or is byte
for byte what the remote has, left by an update that was interrupted, and is taken as it is.
"""

from collections.abc import Mapping

from paved.adapters.git import Repository
from paved.errors import Conflict, Problem

_SHOWN = 10


def require_clean(repository: Repository, branch: str, upstream: str) -> None:
    """Bring the working copy up to `upstream`; raise Conflict when it has something of its own.

    Args:
        repository: whose working copy it is.
        branch: the one that follows the remote; another one checked out is left where it is.
        upstream: the remote's latest commit.
    """
    found = repository.checkout()
    following = found.branch == branch
    if following and found.commit != upstream and repository.ahead(upstream):
        raise Conflict(_unpushed(repository, branch))
    if not found.changed:
        return
    theirs = repository.read(upstream, found.changed) if following else {}
    own = [path for path in found.changed if not following or not _same(repository, path, theirs)]
    if not own:
        repository.stage(found.changed)
        repository.forward(upstream)
        own = [*repository.checkout().changed]
    if own:
        raise Conflict(*(_dirty(path) for path in own[:_SHOWN]))


def forward(repository: Repository, branch: str, commit: str) -> str:
    """Move the working copy to `commit`; return why not, empty when it moved."""
    found = repository.checkout()
    if found.branch != branch:
        return f"{found.branch or 'no branch'} is checked out, not {branch}"
    if found.commit == commit:
        return ""
    return repository.forward(commit)


def _same(repository: Repository, path: str, theirs: Mapping[str, bytes]) -> bool:
    """Return whether the file is as the remote has it, or as absent as there."""
    file = repository.root / path
    if not file.exists() and not file.is_symlink():
        return path not in theirs
    return file.is_file() and not file.is_symlink() and file.read_bytes() == theirs.get(path)


def _dirty(path: str) -> Problem:
    what = "this file has changes that are not committed"
    return Problem(what, where=path, hint="commit and push it, or git stash push -u")


def _unpushed(repository: Repository, branch: str) -> Problem:
    what = f"{branch} has commits that the remote has not"
    hint = "git push, or use a clone of your own"
    return Problem(what, where=str(repository.root), hint=hint)
