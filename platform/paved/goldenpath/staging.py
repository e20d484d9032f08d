"""A folder that appears whole or not at all, made in a marked folder beside it.

The marked folder is locked while its maker lives; the next run beside it removes those whose
maker was killed. Publishing is one rename, so of two runs with one target the second finds it
taken. Left out: targets on file systems without flock(2).
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paved.errors import Conflict, EnvironmentProblem, InputError, Problem

MARK = ".paved-new-"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a folder is made: `tree` becomes the target, `scratch` is thrown away."""

    tree: Path
    scratch: Path
    target: Path

    def publish(self) -> None:
        """Make `tree` the target in one step; Conflict when something took its place meanwhile."""
        try:
            self.tree.rename(self.target)
        except OSError as error:
            raise taken(self.target) from error


def check_target(target: Path, source: Path) -> None:
    """Refuse a target that exists with content, is this process's folder, or is in `source`.

    Args:
        target: the absolute path to be made.
        source: the platform's own working copy.
    """
    if target == Path.cwd():
        hint = f'cd .. && paved new ... "{target.name}"'
        raise Conflict(
            Problem("the target is the current folder, which is to be replaced", hint=hint)
        )
    if target.is_relative_to(source):
        what = "the target is inside the platform's own working copy"
        raise Conflict(Problem(what, where=str(target), hint=f"choose {source.parent}/..."))
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        raise taken(target)


def taken(target: Path) -> Conflict:
    """Return the error for a target that is not free."""
    hint = "choose another folder, or move what is there away"
    what = "the target exists and is not an empty folder"
    return Conflict(Problem(what, where=str(target), hint=hint))


@contextmanager
def stage(target: Path) -> Iterator[Stage]:
    """Give a stage for `target`, and remove it however the block ends.

    Folders above the target are made; stages that killed runs left beside it are removed.
    Raises InputError when a file stands above the target, EnvironmentProblem when the place
    cannot be written to.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder, handle = _claim(target.parent)
    except (FileExistsError, NotADirectoryError) as error:
        what = "a file stands where a folder is needed"
        raise InputError(Problem(what, where=str(target.parent))) from error
    except OSError as error:
        what = f"cannot make a folder here: {error.strerror}"
        raise EnvironmentProblem(Problem(what, where=str(target.parent))) from error
    try:
        (folder / "scratch").mkdir()
        yield Stage(folder / "tree" / target.name, folder / "scratch", target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _claim(parent: Path) -> tuple[Path, int]:
    """Make and lock a marked folder; the parent's lock keeps a sweep from between the two."""
    with _locked(parent):
        for left in parent.glob(f"{MARK}*"):
            _sweep(left)
        folder = Path(tempfile.mkdtemp(prefix=MARK, dir=parent))
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    return folder, handle


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove `folder` unless the process that made it still lives."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(handle)
