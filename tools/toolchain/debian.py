"""Debian packages by pool path and sha256: fetch through apt's own downloader, and unpack.

Nothing is installed and no root is needed: apt-helper brings the file (with the machine's
mirror, proxies and certificates), dpkg-deb opens it. What a package's dependencies are is the
lock's business, not this module's.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from toolchain import apthelper, cache, downloads, mirror
from toolchain.apthelper import MEGABYTE
from toolchain.problems import Gone, Offline, Problem, ToolchainError, note

APT_HELPER = apthelper.PROGRAM


@dataclass(frozen=True, slots=True)
class Deb:
    """A package file: its name and version, path below the mirror, sha256, and size in bytes."""

    package: str
    version: str
    path: str
    sha256: str
    size: int


def fetch(debs: Sequence[Deb]) -> list[Path]:
    """Return the cached files of `debs`, in order, downloading those that are not there.

    Raises:
        Gone: the mirror no longer has some of them. Those it has are in the cache.
        Offline: no mirror could be reached.
        ToolchainError: a hash does not match, the disk is full, apt is missing.
    """
    if not all(map(_intact, debs)):
        with cache.lock("debs") as lock:
            missing = [deb for deb in dict.fromkeys(debs) if not _intact(deb)]
            _download(missing, lock)
    return [_place(deb) for deb in debs]


def unpack(archives: Sequence[Path], folder: Path, exclude: Sequence[str] = ()) -> None:
    """Unpack package files that share no file into the existing `folder`, several at a time.

    Args:
        archives: .deb files, as `fetch` returns them.
        folder: where to; not in one step (see `install`).
        exclude: patterns of tar, such as `./usr/share/doc/*`, to leave out.
    """
    tar = ["tar", "-x", "-C", str(folder), "--no-same-owner", *(f"--exclude={p}" for p in exclude)]
    largest_first = sorted(archives, key=lambda archive: archive.stat().st_size, reverse=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(_unpack, archive, folder, tar) for archive in largest_first]:
            done.result()


def install(debs: Sequence[Deb], place: Path, exclude: Sequence[str] = ()) -> Path:
    """Fetch `debs` and unpack them at `place`, which appears whole or not at all; return it."""
    if place.is_dir():
        return place
    archives = fetch(debs)
    with cache.lock(f"install-{place.name}"):
        if not place.is_dir():
            with cache.staging(place) as folder:
                made = folder / "tree"
                made.mkdir()
                unpack(archives, made, exclude)
                cache.publish(made, place)
    return place


def _place(deb: Deb) -> Path:
    return cache.root() / "debs" / f"{deb.sha256}.deb"


def _intact(deb: Deb) -> bool:
    place = _place(deb)
    return place.is_file() and place.stat().st_size == deb.size and _sha256(place) == deb.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(debs: Sequence[Deb], lock: int) -> None:
    for security in (False, True):
        part = [deb for deb in debs if mirror.is_security(deb.path) is security]
        if part:
            _from_first_that_has(mirror.mirrors(security=security), part, lock)


def _from_first_that_has(bases: Sequence[str], debs: Sequence[Deb], lock: int) -> None:
    """Ask one mirror after the other for what those before it did not have."""
    *others, last = bases
    for base in others:
        try:
            return _from_mirror(base, debs, lock)
        except Gone:
            debs = [deb for deb in debs if not _intact(deb)]
    return _from_mirror(last, debs, lock)


def _from_mirror(base: str, debs: Sequence[Deb], lock: int) -> None:
    """Download `debs`, keep each one that is what its hash says, and raise for the others."""
    folder = cache.root() / "debs" / "partial"
    with cache.full_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    debs = [deb for deb in debs if not _adopt(deb, folder)]
    if not debs:
        return
    total = sum(deb.size for deb in debs)
    note(f"fetching {_count(debs)} ({total / MEGABYTE:.1f} MB) from the Debian mirror")
    start = time.monotonic()
    try:
        reasons = apthelper.download({base + d.path: folder / d.sha256 for d in debs}, total, lock)
    except apthelper.NoSpace as error:
        raise cache.no_space(cache.root()) from error
    lacking = [deb for deb in debs if not _adopt(deb, folder)]
    came = total - sum(deb.size for deb in lacking)
    if came:
        names = ", ".join(deb.package for deb in debs[:3]) + (", ..." if debs[3:] else "")
        downloads.record(f"{_count(debs)}: {names}", came, time.monotonic() - start)
    if lacking:
        raise _download_error(base, lacking, reasons)


def _adopt(deb: Deb, folder: Path) -> bool:
    """Move a package's file from `folder` to its place, if it is whole."""
    made = folder / deb.sha256
    (folder / f"{deb.sha256}.FAILED").unlink(missing_ok=True)
    if not made.is_file() or _sha256(made) != deb.sha256:
        return False
    cache.publish(made, _place(deb))
    return True


def _download_error(base: str, debs: Sequence[Deb], reasons: dict[str, str]) -> ToolchainError:
    """Tell from apt's reasons why `debs` did not come."""
    told = [(deb, reasons.get(base + deb.path, "apt ended without a word")) for deb in debs]
    gone = [deb for deb, why in told if why.startswith(("404", "410"))]
    wrong = [deb for deb, why in told if why.startswith("Hash Sum") or "unexpected size" in why]
    other = [why for deb, why in told if deb not in gone and deb not in wrong]
    if len(gone) == len(debs):
        return Gone(_gone(base, gone))
    if len(other) == len(debs):
        return Offline(_unreachable(base, other[0]))
    problems = ([_gone(base, gone)] if gone else []) + [_mismatch(base, deb) for deb in wrong]
    return ToolchainError(*problems, *([_unreachable(base, other[0])] if other else []))


def _gone(base: str, debs: Sequence[Deb]) -> Problem:
    names = ", ".join(f"{deb.package} {deb.version}" for deb in debs[:3])
    more = f" and {len(debs) - 3} more" if len(debs) > 3 else ""  # noqa: PLR2004
    return Problem(
        what=f"the mirror no longer has {names}{more} (404)",
        where=base + debs[0].path,
        expected="the locked version in the mirror's pool",
        hint=f"set {mirror.VARIABLE} to a mirror that keeps old versions, or update the lock",
    )


def _mismatch(base: str, deb: Deb) -> Problem:
    return Problem(
        what=f"{deb.package} {deb.version} is not the locked file: its hash does not match",
        where=base + deb.path,
        expected=f"sha256 {deb.sha256}",
        hint="try again; if it stays, a proxy or the mirror changes files: use another mirror",
    )


def _unreachable(base: str, reason: str) -> Problem:
    return Problem(
        what=f"the Debian mirror could not be reached: {reason}",
        where=base,
        expected="network access to the mirror of apt's configuration",
        hint=f"check the network and apt's proxy, or set {mirror.VARIABLE} to another mirror",
    )


def _unpack(archive: Path, folder: Path, tar: Sequence[str]) -> None:
    opening = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(opening, stdout=subprocess.PIPE) as opened:
        done = subprocess.run(
            tar, stdin=opened.stdout, stderr=subprocess.PIPE, text=True, check=False
        )
    if opened.returncode or done.returncode:
        raise _unpack_error(archive, folder, done.stderr)


def _unpack_error(archive: Path, folder: Path, message: str) -> ToolchainError:
    if "No space left" in message or "Disk quota" in message:
        return cache.no_space(folder)
    what = f"the package file cannot be unpacked: {message.strip()}"
    return ToolchainError(Problem(what=what, where=str(archive), hint="remove it and run again"))


def _count(debs: Sequence[Deb]) -> str:
    return f"{len(debs)} Debian package{'s' if len(debs) > 1 else ''}"
