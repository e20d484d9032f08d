"""The per-user cache: where it is, its locks, and how an entry appears in one step.

An entry is written under a temporary name beside its place, synced, and renamed. A run that is
killed leaves only the temporary name, which the next holder of the same lock removes.
"""

import errno
import fcntl
import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toolchain.place import root as root  # noqa: PLC0414
from toolchain.problems import Problem, ToolchainError, note

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NOT_WRITABLE = (PermissionError, NotADirectoryError, FileExistsError)


@contextmanager
def lock(name: str) -> Iterator[int]:
    """Hold the cache's lock `name`, waiting for another run; yield its file descriptor.

    Hand the descriptor to a child (`pass_fds`) that writes into the cache: the lock then lasts
    until the child has ended too, should this process be killed.
    """
    path = root() / "locks" / name
    with full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, name)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note(f"waiting for another run that holds the lock {name!r}")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


@contextmanager
def staging(place: Path) -> Iterator[Path]:
    """Yield an empty folder beside `place`, removed at the end; hold the place's lock around it.

    Left-overs of killed runs for the same place are removed first.
    """
    prefix = f".{place.name}.staging-"
    with full_disk(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        for left_over in place.parent.glob(f"{glob.escape(prefix)}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(made: Path, place: Path) -> None:
    """Move the file or folder `made` to `place` in one step, its bytes on disk first.

    `place` must be absent, or a file. Both lie on the same file system (see `staging`).
    """
    with full_disk(place):
        sync(made)
        place.parent.mkdir(parents=True, exist_ok=True)
        made.replace(place)
        sync(place.parent)


def sync(path: Path) -> None:
    """Flush one file's or folder's own data to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(folder: Path) -> None:
    """Flush all that was written on a folder's file system: quicker than thousands of files."""
    subprocess.run(["sync", "--file-system", str(folder)], check=False)


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn a full disk or a forbidden write under `path` into a `ToolchainError`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise no_space(path) from error
        if isinstance(error, NOT_WRITABLE) or error.errno == errno.EROFS:
            raise not_writable(path) from error
        raise


def no_space(path: Path) -> ToolchainError:
    """Return the error for a disk without room at `path`."""
    return ToolchainError(
        Problem(
            what="no space left on the disk",
            where=str(path),
            expected="room for the cache (Bazel alone takes 520 MB)",
            hint="free some space, or point PAVED_CACHE at a larger disk, and run again",
        )
    )


def not_writable(path: Path) -> ToolchainError:
    """Return the error for a cache that belongs to somebody else."""
    return ToolchainError(
        Problem(
            what="this user cannot write here",
            where=str(path),
            expected="a cache folder of the user's own",
            hint="change its owner, or set PAVED_CACHE to a folder that you own",
        )
    )
