"""The doctor's checks: each looks at one thing and returns a `Finding`, and changes nothing.

Left out: whether the network answers. The first run of a command that needs it says so.
"""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

GIBIBYTE = 1 << 30
NEEDED_DISK_GIB = 4
NEEDED_PYTHON = (3, 11)


class Outcome(StrEnum):
    """How a check ended: only `MISSING` stands in the way of the main job."""

    OK = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw.

    Args:
        name: what was looked at.
        outcome: how it ended.
        detail: the version, path or figure that was seen.
        hint: how to get it; empty when nothing is to be done.
    """

    name: str
    outcome: Outcome
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the checks look at, so that they can be shown another machine.

    Args:
        environment: the process's environment variables.
        which: finds a program on PATH, as `shutil.which`.
        version: runs a program and returns its output's first line, or "" if it fails.
        free_bytes: free space of the file system that holds a path.
        python: the interpreter's version.
        system: `platform.system()` and `platform.machine()`.
    """

    environment: Mapping[str, str]
    which: Callable[[str], str | None]
    version: Callable[[Sequence[str]], str]
    free_bytes: Callable[[Path], int]
    python: tuple[int, ...]
    system: tuple[str, str]


def this_machine(version: Callable[[Sequence[str]], str]) -> Machine:
    """Return the machine this process runs on; `version` runs a program (see `Machine`)."""
    return Machine(
        environment=dict(os.environ),
        which=shutil.which,
        version=version,
        free_bytes=lambda path: shutil.disk_usage(path).free,
        python=tuple(sys.version_info[:3]),
        system=(platform.system(), platform.machine()),
    )


def examine(machine: Machine) -> list[Finding]:
    """Return the findings of every check, in the order a newcomer would fix them."""
    checks = (_system, _python, _git, _git_identity, _disk, _debian, _bazel, _go, _namespaces)
    return [check(machine) for check in checks]


def _system(machine: Machine) -> Finding:
    seen = " ".join(machine.system)
    if machine.system == ("Linux", "x86_64"):
        return Finding("system", Outcome.OK, seen)
    return Finding("system", Outcome.MISSING, seen, "locked tools and images are linux/amd64 only")


def _python(machine: Machine) -> Finding:
    seen = ".".join(map(str, machine.python))
    if machine.python >= NEEDED_PYTHON:
        return Finding("python", Outcome.OK, seen)
    return Finding("python", Outcome.MISSING, seen, "install Python 3.11 or newer as python3")


def _git(machine: Machine) -> Finding:
    if not machine.which("git"):
        return Finding("git", Outcome.MISSING, "not on PATH", "apt-get install git")
    return Finding("git", Outcome.OK, machine.version(["git", "--version"]))


def _git_identity(machine: Machine) -> Finding:
    name = machine.version(["git", "config", "user.name"])
    email = machine.version(["git", "config", "user.email"])
    if name and email:
        return Finding("git identity", Outcome.OK, "set")
    return Finding(
        "git identity",
        Outcome.OPTIONAL,
        "user.name or user.email is not set",
        'git config --global user.name "..." and user.email; commits and receipts carry it',
    )


def cache_root(environment: Mapping[str, str]) -> Path:
    """Return the per-user cache folder that `environment` names; it need not exist."""
    if environment.get("PAVED_CACHE"):
        return Path(environment["PAVED_CACHE"])
    base = environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME', '.')}/.cache"
    return Path(base) / "paved"


def _disk(machine: Machine) -> Finding:
    root = cache_root(machine.environment).absolute()
    there = next(path for path in (root, *root.parents) if path.exists())
    free = machine.free_bytes(there) / GIBIBYTE
    seen = f"{free:.1f} GiB free for {root}"
    if free >= NEEDED_DISK_GIB:
        return Finding("disk", Outcome.OK, seen)
    hint = f"free {NEEDED_DISK_GIB} GiB, or point PAVED_CACHE at a larger disk"
    return Finding("disk", Outcome.MISSING, seen, hint)


def _debian(machine: Machine) -> Finding:
    if machine.environment.get("PAVED_DEBIAN_MIRROR"):
        return Finding("Debian mirror", Outcome.OK, "PAVED_DEBIAN_MIRROR")
    if machine.which("apt-get") and machine.which("dpkg-deb"):
        return Finding("Debian mirror", Outcome.OK, "from apt's configuration")
    return Finding(
        "Debian mirror",
        Outcome.MISSING,
        "apt-get and dpkg-deb are not on PATH",
        "run on Debian or Ubuntu, or in a debian:12 container",
    )


def _bazel(machine: Machine) -> Finding:
    for program in ("bazel", "bazelisk"):
        path = machine.which(program)
        if path:
            return Finding("bazel", Outcome.OK, f"{path} (bazelw checks that it fits)")
    made = cache_root(machine.environment) / "bazel"
    if made.is_dir():
        return Finding("bazel", Outcome.OK, f"Debian's, in {made}")
    return Finding(
        "bazel", Outcome.OPTIONAL, "not on PATH", "./bazelw fetches Debian's on its first run"
    )


def _go(machine: Machine) -> Finding:
    if machine.which("go"):
        return Finding("go", Outcome.OK, machine.version(["go", "version"]))
    return Finding("go", Outcome.OPTIONAL, "not on PATH", "fetched when a tool has to be compiled")


def _namespaces(machine: Machine) -> Finding:
    if machine.version(["unshare", "--user", "--map-root-user", "echo", "yes"]) == "yes":
        return Finding("user namespaces", Outcome.OK, "allowed")
    return Finding(
        "user namespaces",
        Outcome.OPTIONAL,
        "not allowed for this user",
        "the tour's step 'run' needs them: allow them with sysctl, or run as root",
    )
