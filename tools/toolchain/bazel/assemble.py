"""Debian's Bazel, assembled from locked packages into the per-user cache.

The lock names each file by its path below the mirror and its sha256. Debian's testing suite
rolls on: when the mirror no longer has a locked file, what the suite has now is taken instead,
and said. Which Bazel is used at all is `choose`'s business.
"""

import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache, debian, discover
from toolchain.bazel import relocate
from toolchain.bazel.relocate import INSTALL_BASE
from toolchain.debian import Deb
from toolchain.problems import Gone, Problem, ToolchainError, note

LOCK = Path(__file__).parents[1] / "bazel.lock.json"
LAYOUT = "1"  # raise it when the assembled folder of the same packages is to be made anew
VERSION = re.compile(r"^bazel (\d+)\.(\d+)\.(\d+)", re.MULTILINE)
MODULES = ("bazel-features", "bazel-platforms", "bazel-rules-", "bazel-skylib")
UNUSED_FILES = tuple(
    f"./usr/share/{folder}"
    for folder in ("doc", "man", "locale", "lintian", "info", "maven-repo", "bash-completion")
)


@dataclass(frozen=True, slots=True)
class Bazel:
    """An assembled Bazel: its folder, its version, and whether it is the locked one."""

    folder: Path
    version: str
    locked: bool

    @property
    def program(self) -> Path:
        """The executable."""
        return self.folder / "usr/bin/bazel"

    @property
    def install_base(self) -> Path:
        """The folder that the executable has to be told of; modules lie below it."""
        return self.folder / INSTALL_BASE

    @property
    def java_home(self) -> Path:
        """The Java runtime that the server needs."""
        return self.folder / relocate.java_home(self.folder)


def debian_bazel() -> Bazel:
    """Return Debian's Bazel, assembled on first use; with the locked packages there, offline.

    Raises:
        ToolchainError: neither the locked packages nor newer ones can be had, or do not run.
    """
    wish, debs = read_lock(LOCK)
    found = _assembled(debs, locked=True)
    substitute = cache.root() / "bazel" / f"instead-of-{_key(debs)}.json"
    if not found and substitute.is_file():
        found = _assembled(read_lock(substitute)[1], locked=False)
    if found:
        return found
    with cache.lock("bazel"):
        try:
            return _assembled(debs, locked=True) or _assemble(debs, locked=True)
        except Gone as gone:
            note(f"{gone.problems[0].what}; looking for what Debian {wish.suite} has instead")
            newer = discover.closure(wish)
            made = _assembled(newer, locked=False) or _assemble(newer, locked=False)
            write_lock(substitute, wish, newer)
            return made


def debian_modules() -> Path:
    """Return a folder with Debian's Bazel modules alone, for a Bazel that is not Debian's."""
    debs = [deb for deb in read_lock(LOCK)[1] if deb.package.startswith(MODULES)]
    place = cache.root() / "bazel" / f"modules-{_key(debs)}"
    return debian.install(debs, place, UNUSED_FILES) / INSTALL_BASE


def relock() -> list[Deb]:
    """Lock what Debian's suite has now, in place of what was locked; return it."""
    wish, _ = read_lock(LOCK)
    debs = discover.closure(wish)
    write_lock(LOCK, wish, debs)
    return debs


def read_lock(path: Path) -> tuple[discover.Wish, list[Deb]]:
    """Return what a lock asks for, and the packages that it comes to."""
    data = json.loads(path.read_text(encoding="utf-8"))
    names = (tuple(data[key]) for key in ("asked", "stand_ins", "unused"))
    return discover.Wish(data["suite"], *names), [Deb(**deb) for deb in data["packages"]]


def write_lock(path: Path, wish: discover.Wish, debs: list[Deb]) -> None:
    """Write a lock, one package per line, in one step."""
    head = json.dumps(dataclasses.asdict(wish), indent=2).removesuffix("\n}")
    rows = ",\n".join(f"    {json.dumps(dataclasses.asdict(deb))}" for deb in debs)
    with cache.staging(path) as folder:
        made = folder / path.name
        made.write_text(f'{head},\n  "packages": [\n{rows}\n  ]\n}}\n', encoding="utf-8")
        cache.publish(made, path)


def version_of(*command: Path | str, folder: Path) -> str:
    """Return the version that a Bazel, run in `folder`, says it has; empty when it says none."""
    asked = [*command, "--version"]
    try:
        done = subprocess.run(
            asked, cwd=folder, capture_output=True, text=True, check=False, timeout=300
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = VERSION.search(done.stdout)
    return ".".join(match.groups()) if match else ""


def _key(debs: list[Deb]) -> str:
    """Name the folder of `debs`; its own path is in it, because it is baked into the programs."""
    parts = (LAYOUT, str(cache.root()), *sorted(deb.sha256 for deb in debs))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _assembled(debs: list[Deb], *, locked: bool) -> Bazel | None:
    folder = cache.root() / "bazel" / _key(debs)
    ready = folder / ".ready"
    if not ready.is_file():
        return None
    return Bazel(folder, ready.read_text(encoding="utf-8").strip(), locked)


def _assemble(debs: list[Deb], *, locked: bool) -> Bazel:
    """Fetch, unpack, relocate, try, and only then mark as ready."""
    folder = cache.root() / "bazel" / _key(debs)
    archives = debian.fetch(debs)
    note("assembling Debian's Bazel (about 10 s, once)")
    shutil.rmtree(folder, ignore_errors=True)
    with cache.staging(folder) as scratch, cache.full_disk(folder):
        tree = scratch / "tree"
        tree.mkdir()
        debian.unpack(archives, tree, UNUSED_FILES)
        relocate.relocate(tree, folder)
        cache.publish(tree, folder)
        base = f"--install_base={folder / INSTALL_BASE}"
        version = version_of(folder / "usr/bin/bazel", "--trust_install_base", base, folder=folder)
        if not version:
            raise ToolchainError(_does_not_run(folder))
        (folder / ".ready").write_text(version, encoding="utf-8")
    return Bazel(folder, version, locked)


def _does_not_run(folder: Path) -> Problem:
    return Problem(
        what="Debian's Bazel was assembled, but does not start",
        where=str(folder / "usr/bin/bazel"),
        expected="its version",
        hint="put a bazel (7.7.1 or a newer 7.x or 8.x) or bazelisk on PATH instead",
    )
