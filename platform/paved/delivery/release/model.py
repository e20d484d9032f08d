"""What delivery speaks of: pins, release sets, moves, checks. Plain data; no disk, no Git.

How each is written to a file is in `paved.delivery.release.documents`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

ENVIRONMENTS = ("dev", "stage", "prod")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SERVICE = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
IMAGE = re.compile(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)+"
)
SHORT = 12


def short(digest: str) -> str:
    """Return the first characters of a digest's hex part, enough to tell digests apart by eye."""
    return digest.removeprefix("sha256:")[:SHORT]


def previous(environment: str) -> str:
    """Return the environment that promotes into `environment`, empty for the first."""
    at = ENVIRONMENTS.index(environment)
    return ENVIRONMENTS[at - 1] if at else ""


@dataclass(frozen=True, slots=True)
class Pin:
    """What an environment runs of one service, and where it came from.

    `sbom` and `provenance` are digests of the signed in-toto statements (not of their
    signatures, which differ on every run), empty when the image has none; `template` is
    `name@version`, `contract` the platform contract's version.
    """

    image: str
    digest: str
    commit: str
    template: str
    contract: str
    sbom: str = ""
    provenance: str = ""

    @property
    def reference(self) -> str:
        """Return `image@digest`."""
        return f"{self.image}@{self.digest}"


@dataclass(frozen=True, slots=True)
class ReleaseSet:
    """Every service an environment runs, by name."""

    environment: str
    pins: Mapping[str, Pin] = field(default_factory=lambda: MappingProxyType({}))

    def moved(self, moves: "tuple[Move, ...]") -> "ReleaseSet":
        """Return the set after `moves`."""
        pins = {**self.pins, **{move.service: move.after for move in moves}}
        return replace(self, pins=MappingProxyType(pins))


@dataclass(frozen=True, slots=True)
class Move:
    """One service's pin before (None: not there) and after a change."""

    service: str
    before: Pin | None
    after: Pin


@dataclass(frozen=True, slots=True)
class Denied:
    """A digest that no environment may take again."""

    digest: str
    service: str
    environment: str
    reason: str
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window [start, end) in which nothing is pinned in or promoted to `environments`."""

    environments: tuple[str, ...]
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that an operations repository sets for itself.

    `soak` says how long a pin must have been in the previous environment, by target.
    """

    freezes: tuple[Freeze, ...] = ()
    soak: Mapping[str, timedelta] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was verified about an image; each may have been stated more than once.

    `sboms` and `provenances` are digests of signed statements, `commits` the Git commits that
    the provenances name, if they name one.
    """

    sboms: frozenset[str]
    provenances: frozenset[str]
    commits: frozenset[str] = frozenset()


class Outcome(StrEnum):
    """How a check ended; `no_data` is a check that has nothing to judge by, not a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a change: on what, how it ended, and why."""

    name: str
    subject: str
    outcome: Outcome
    detail: str = ""
    hint: str = ""


class Operation(StrEnum):
    """The three ways in which a pin moves."""

    PIN = "pin"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Record:
    """What a receipt says of a change, less who, when and the set's digest.

    `source` is the environment promoted from; `reverts` the commit that a rollback undoes.
    """

    operation: Operation
    environment: str
    moves: tuple[Move, ...]
    checks: tuple[Check, ...] = ()
    source: str = ""
    reason: str = ""
    reverts: str = ""

    @property
    def label(self) -> str:
        """Return the service that moved, or "all" when several did."""
        return self.moves[0].service if len(self.moves) == 1 else "all"


@dataclass(frozen=True, slots=True)
class Change:
    """A commit to be: files by path, its first line, and what its receipt says if it has one."""

    files: Mapping[str, bytes]
    message: str
    record: Record | None = None
