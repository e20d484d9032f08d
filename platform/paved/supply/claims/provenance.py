"""SLSA provenance v1: what was built, by what, from which locked inputs.

It names the build label, the locks by digest and, where given, the source commit; never a time, a
host or a user, so that the same inputs give the same bytes. The signing key is at hand while the
build runs: that is SLSA Build L1. A hosted builder that keeps the key away from the build would add
what L2 and L3 ask for; then its own `builder.id` belongs here.
Standard library only. The predicate: https://slsa.dev/spec/v1.0/provenance.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paved.errors import InputError, Problem
from paved.supply import canonical, media

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Build:
    """One build's facts.

    Args:
        target: the label of the image that was asked for.
        builder_versions: program to version, of what ran the build.
        locks: name to file, of every lock that the build resolved its inputs through.
        commit: the source's Git commit, or empty where the build was not told.
    """

    target: str
    builder_versions: Mapping[str, str]
    locks: Mapping[str, Path]
    commit: str = ""


def predicate(build: Build) -> dict[str, object]:
    """Return the provenance predicate of `build`.

    Raises:
        InputError: a lock cannot be read, or the commit is no Git object name.
    """
    definition = {
        "buildType": media.BUILD_TYPE,
        "externalParameters": {"target": build.target},
        "resolvedDependencies": [*_source(build.commit), *_locks(build.locks)],
    }
    builder = {"id": media.BUILDER, "version": dict(build.builder_versions)}
    return {"buildDefinition": definition, "runDetails": {"builder": builder}}


def _source(commit: str) -> Sequence[dict[str, object]]:
    if not commit:
        return []
    if not _COMMIT.fullmatch(commit):
        raise InputError(
            Problem(
                f"{commit!r} is no Git commit",
                where="commit",
                expected="40 or 64 lower-case hexadecimal digits",
            )
        )
    return [{"name": "source", "digest": {"gitCommit": commit}}]


def _locks(locks: Mapping[str, Path]) -> Sequence[dict[str, object]]:
    found: list[dict[str, object]] = []
    problems = []
    for name, path in sorted(locks.items()):
        try:
            algorithm, _, value = canonical.file_digest(path).partition(":")
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", where=str(path)))
        else:
            found.append({"name": name, "digest": {algorithm: value}})
    if problems:
        raise InputError(*problems)
    return found
