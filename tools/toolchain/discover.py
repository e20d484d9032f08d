"""Read another Debian suite through a private apt state: what it has now, at which hash.

Used to write the lock of Bazel's packages, and when the mirror no longer has a locked file.
apt checks the suite's signatures with the machine's own keyrings. Nothing of the machine's apt
state is read or changed, apart from where its mirror is.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache, mirror
from toolchain.debian import Deb
from toolchain.problems import Offline, Problem, ToolchainError, note

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
FIELDS = re.compile(r"^(Package|Version|Filename|SHA256|Size): (.*)$", re.MULTILINE)
INSTALLED = """Package: {name}
Status: install ok installed
Version: 99:0
Architecture: amd64
Multi-Arch: foreign
Maintainer: none <none@example.com>
Description: stands in for a package that is not needed

"""
CONFIGURATION = """Dir::State "{root}";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Update::Post-Invoke {{}};
Acquire::Check-Valid-Until "false";
Acquire::Retries "2";
Acquire::Languages "none";
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a suite.

    Args:
        suite: a codename or suite of the main archive.
        asked: names of packages, wanted with what they depend on.
        stand_ins: names taken for installed: left out, with all that only they need.
        unused: names left out of the answer, although something depends on them.
    """

    suite: str
    asked: tuple[str, ...]
    stand_ins: tuple[str, ...]
    unused: tuple[str, ...]


def closure(wish: Wish) -> list[Deb]:
    """Return the packages that `wish` comes to in its suite now, with hashes, sorted by name."""
    with cache.lock("apt"), cache.staging(cache.root() / "apt") as root:
        environment = _private_state(root, wish)
        note(f"reading what Debian {wish.suite} has now")
        _apt(environment, "apt-get", "update", "-q", "--error-on=any")
        plan = _apt(environment, "apt-get", "install", "-s", "-q", *wish.asked)
        names = re.findall(r"^Inst (\S+) \((\S+)", plan, re.MULTILINE)
        wanted = [f"{name}={version}" for name, version in names if name not in wish.unused]
        shown = _apt(environment, "apt-cache", "show", *wanted)
    return sorted(_stanzas(shown), key=lambda deb: deb.package)


def _private_state(root: Path, wish: Wish) -> dict[str, str]:
    """Write an apt state below `root`; return the environment that makes apt use it."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    sources = "".join(f"deb {signed}{base} {wish.suite} main\n" for base in mirror.mirrors()[:1])
    stand_ins = "".join(INSTALLED.format(name=name) for name in wish.stand_ins)
    (root / "sources.list").write_text(sources, encoding="utf-8")
    (root / "status").write_text(stand_ins, encoding="utf-8")
    (root / "apt.conf").write_text(CONFIGURATION.format(root=root), encoding="utf-8")
    return {**os.environ, "APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C"}


def _apt(environment: dict[str, str], *command: str) -> str:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ToolchainError(mirror.no_apt()) from error
    if done.returncode:
        raise _failed(command, done.stderr.strip())
    return done.stdout


def _stanzas(text: str) -> list[Deb]:
    stanzas = [dict(FIELDS.findall(stanza)) for stanza in text.split("\n\n") if stanza.strip()]
    return [
        Deb(s["Package"], s["Version"], s["Filename"], s["SHA256"], int(s["Size"])) for s in stanzas
    ]


def _failed(command: Sequence[str], message: str) -> ToolchainError:
    if "No space left" in message:
        return cache.no_space(cache.root())
    reasons = [line for line in message.splitlines() if line.startswith(("E:", "W:"))]
    problem = Problem(
        what=f"{' '.join(command[:2])} failed: {'; '.join(reasons[:3]) or message}",
        expected="a mirror that is reachable, has the suite, and verifies with Debian's keys",
        hint=f"check the network, or set {mirror.VARIABLE} to another mirror",
    )
    return (Offline if command[1] == "update" else ToolchainError)(problem)
