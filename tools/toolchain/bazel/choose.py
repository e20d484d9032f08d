"""Decide which Bazel runs, and where its modules come from.

In this order: a fitting `bazel` on PATH, `bazelisk` on PATH, Debian's. The first two take their
modules from the Bazel Central Registry where they can reach it. Where they cannot, and always
with Debian's, modules come from the mirror configuration (see `registry`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache
from toolchain.bazel import assemble, rc, registry, trial
from toolchain.problems import Problem, ToolchainError, note

OLDEST = re.compile(r"^(\d+)\.(\d+)\.(\d+)$")
NEWEST_MAJOR = 8
NAMES = {"path": "bazel", "bazelisk": "bazelisk"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user and the checkout ask for.

    Args:
        checkout: the checkout of paved that bazelw belongs to.
        oldest: the oldest version that fits, from .bazelversion.
        on_path: what `bazel` and `bazelisk` on PATH are, where they are.
        bazel: $PAVED_BAZEL: empty, `path`, `bazelisk`, `debian`, or a program's path.
        modules: $PAVED_REGISTRY: empty, `bcr` or `mirror`.
    """

    checkout: Path
    oldest: str
    on_path: Mapping[str, Path]
    bazel: str = ""
    modules: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What to run.

    Args:
        program: the Bazel to run.
        why: one line for the user.
        startup: lines of an rc file that it needs to start at all.
        mirror: what stands in for the registry; None where there is a real one.
    """

    program: Path
    why: str
    startup: str
    mirror: registry.Mirror | None


def fits(version: str, oldest: str) -> bool:
    """Tell whether a version is `oldest` or a newer 7.x or 8.x."""
    match, least = OLDEST.match(version), OLDEST.match(oldest)
    if not match or not least:
        return False
    numbers = tuple(map(int, match.groups()))
    return tuple(map(int, least.groups())) <= numbers and numbers[0] <= NEWEST_MAJOR


def choose(wanted: Wanted) -> Choice:
    """Return the first Bazel that will do.

    Raises:
        ToolchainError: a setting has no such value, what it forces does not do, or Debian's
            Bazel cannot be had.
    """
    _check(wanted)
    passed_over: list[str] = []
    for name, program in _outside(wanted).items():
        found = _outside_choice(wanted, name, program)
        if isinstance(found, Choice):
            return found
        passed_over.append(found)
    if wanted.bazel not in ("", "debian"):
        raise ToolchainError(_forced_does_not_do(wanted, passed_over))
    if wanted.bazel:
        passed_over = ["PAVED_BAZEL asks for it"]
    return _debian_choice(wanted, "; ".join(passed_over) or "no bazel or bazelisk on PATH")


def _outside(wanted: Wanted) -> dict[str, Path]:
    """Return the programs to consider before Debian's, by what the user calls them."""
    if "/" in wanted.bazel:
        return {wanted.bazel: Path(wanted.bazel)}
    names = ["path", "bazelisk"] if not wanted.bazel else [wanted.bazel]
    known = {name: wanted.on_path.get(NAMES.get(name, "")) for name in names}
    return {f"{NAMES[name]} on PATH": path for name, path in known.items() if path}


def _outside_choice(wanted: Wanted, name: str, program: Path) -> Choice | str:
    """Return the choice of a program that is not ours, or why it will not do."""
    version = assemble.version_of(program, folder=wanted.checkout)
    if not version:
        return f"{name} does not start"
    if not fits(version, wanted.oldest):
        return f"{name} is {version}, not {wanted.oldest} or a newer 7.x or 8.x"
    if wanted.modules == "bcr":
        return Choice(
            program, f"Bazel {version} ({name}), registry: bcr (PAVED_REGISTRY)", "", None
        )
    if not wanted.modules:
        note(f"trying {name} (Bazel {version}), once: does it reach a module registry?")
        if trial.reaches_registry(program):
            return Choice(program, f"Bazel {version} ({name}), registry: bcr", "", None)
    return _outside_mirror(wanted, name, program, version)


def _outside_mirror(wanted: Wanted, name: str, program: Path, version: str) -> Choice | str:
    """Try a program that is not ours with Debian's modules."""
    base = trial.install_base(program)
    if not base:
        return f"{name} does not start"
    modules = assemble.debian_modules()
    mirror = registry.survey(base, modules, wanted.checkout)
    if not _works(program, "", mirror):
        return f"{name} ({version}) reaches no module registry, and fails with Debian's modules"
    why = "PAVED_REGISTRY" if wanted.modules else "no public one reached"
    return Choice(program, f"Bazel {version} ({name}), registry: mirror ({why})", "", mirror)


def _debian_choice(wanted: Wanted, reason: str) -> Choice:
    bazel = assemble.debian_bazel()
    startup = rc.for_debian(bazel)
    said = f"Debian's Bazel {bazel.version} ({reason})"
    if not bazel.locked:
        said = f"Debian's Bazel {bazel.version}, from newer packages than the locked ({reason})"
    if wanted.modules == "bcr":
        return Choice(bazel.program, f"{said}, registry: bcr (PAVED_REGISTRY)", startup, None)
    mirror = registry.survey(bazel.install_base, bazel.install_base, wanted.checkout)
    usable = bazel.locked or fits(bazel.version, wanted.oldest)
    if not usable or not (bazel.locked or _works(bazel.program, startup, mirror)):
        raise ToolchainError(_newer_fails(bazel))
    return Choice(bazel.program, f"{said}, registry: mirror", startup, mirror)


def _works(program: Path, startup: str, mirror: registry.Mirror) -> bool:
    note("trying it with Debian's modules, once")
    place = cache.root() / "trial-registry"
    with cache.lock(place.name), cache.staging(place) as scratch:
        folder = scratch / "registry"
        registry.write_stubs(mirror.stubs, folder)
        return trial.works(program, [startup, rc.for_mirror(mirror, folder)])


def _check(wanted: Wanted) -> None:
    problems = []
    if wanted.modules not in ("", "bcr", "mirror"):
        problems.append(_no_such_value("PAVED_REGISTRY", wanted.modules, "bcr or mirror"))
    if wanted.bazel not in ("", "debian", *NAMES) and "/" not in wanted.bazel:
        expected = "path, bazelisk, debian, or the path of a program"
        problems.append(_no_such_value("PAVED_BAZEL", wanted.bazel, expected))
    if problems:
        raise ToolchainError(*problems)


def _no_such_value(name: str, value: str, expected: str) -> Problem:
    return Problem(
        f"{value!r} is not a value of {name}", "the environment", expected, f"unset {name}"
    )


def _forced_does_not_do(wanted: Wanted, reasons: list[str]) -> Problem:
    return Problem(
        what=f"PAVED_BAZEL={wanted.bazel} cannot be used: {'; '.join(reasons) or 'not on PATH'}",
        where="the environment",
        expected=f"a Bazel {wanted.oldest} or a newer 7.x or 8.x",
        hint="unset PAVED_BAZEL to let bazelw choose",
    )


def _newer_fails(bazel: assemble.Bazel) -> Problem:
    return Problem(
        what=f"the mirror lacks the locked Bazel, and its Bazel {bazel.version} fails a trial",
        where=str(bazel.folder),
        expected="a build and a Python test that pass",
        hint="put a bazel (7.7.1 or a newer 7.x or 8.x) or bazelisk on PATH",
    )
