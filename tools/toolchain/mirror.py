"""Which Debian mirror this machine uses, read from apt's own configuration.

No mirror is named in the repository. The main archive's pool serves every suite, so a file of
another suite than the machine's is found there too, by its path and sha256.
"""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from toolchain.problems import Problem, ToolchainError

VARIABLE = "PAVED_DEBIAN_MIRROR"
SUITES = ("stable", "oldstable", "oldoldstable", "testing", "unstable", "sid")


def is_security(pool_path: str) -> bool:
    """Tell whether a pool path belongs to the security archive rather than the main one."""
    return pool_path.startswith("pool/updates/")


def mirrors(*, security: bool = False) -> list[str]:
    """Return the mirrors of one of Debian's archives, best first, each ending in a slash.

    $PAVED_DEBIAN_MIRROR, where set, is the only answer.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return [named.rstrip("/") + "/"]
    found = _configured(security=security)
    if not found:
        raise ToolchainError(_no_mirror())
    return found


def _configured(*, security: bool) -> list[str]:
    """Return the archives that apt's lists call Debian; before an update, those that look so."""
    label = "Debian-Security" if security else "Debian"
    known = _targets("$(REPO_URI)", f"Label: {label}")
    if known:
        return _distinct(known)
    wanted = {f"{suite}-security" if security else suite for suite in (_codename(), *SUITES)}
    guesses = _targets("$(RELEASE)|$(REPO_URI)", "Component: main", release_info=False)
    pairs = (line.split("|", 1) for line in guesses)
    return _distinct(uri for release, uri in pairs if release in wanted)


def _distinct(uris: Iterable[str]) -> list[str]:
    usable = (uri for uri in uris if not uri.startswith("cdrom:"))
    return list(dict.fromkeys(uri.rstrip("/") + "/" for uri in usable))


def _targets(template: str, *filters: str, release_info: bool = True) -> list[str]:
    command = ["apt-get", "indextargets", "--format", template, "Created-By: Packages", *filters]
    if not release_info:
        command.insert(2, "--no-release-info")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ToolchainError(no_apt()) from error
    return done.stdout.split()


def _codename() -> str:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    pairs = (line.partition("=") for line in lines)
    return next((value.strip('"') for key, _, value in pairs if key == "VERSION_CODENAME"), "")


def no_apt() -> Problem:
    """Return the problem of a machine without apt."""
    return Problem(
        what="apt is not on this machine",
        expected="a Debian machine with apt and dpkg",
        hint="elsewhere, install bazelisk; the locked Debian packages need Debian's apt",
    )


def _no_mirror() -> Problem:
    return Problem(
        what="apt's configuration names no Debian archive",
        where="/etc/apt",
        expected="a source of Debian's main archive",
        hint=f"add one to /etc/apt/sources.list.d, or set {VARIABLE} to a mirror's address",
    )
