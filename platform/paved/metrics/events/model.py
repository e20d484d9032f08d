"""The events as plain data: what one event says, without its JSON.

Kinds follow CDEvents 0.5; `ServiceScaffolded` is this platform's own. Functions of this module
make whole events and never read a clock. Left out: JSON (`wire`, `encode`) and storage.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Rollout(StrEnum):
    """How a service came to run an artifact."""

    DEPLOYED = "deployed"
    UPGRADED = "upgraded"
    ROLLEDBACK = "rolledback"


class Phase(StrEnum):
    """What is said of an incident."""

    DETECTED = "detected"
    REPORTED = "reported"
    RESOLVED = "resolved"


class Lifecycle(StrEnum):
    """What is said of an environment."""

    CREATED = "created"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its id, and when it was authored."""

    id: str
    authored: datetime


@dataclass(frozen=True, slots=True)
class ChangeMerged:
    """A change was merged to the trunk of `repository`.

    `services` are the services it concerns (none: not known); `commits` what it brought.
    """

    change: str
    repository: str = ""
    services: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()


@dataclass(frozen=True, slots=True)
class ArtifactPublished:
    """An artifact (a package URL) was published, with the commits that it contains.

    At least those since the last artifact that reached production; more do no harm, since a
    commit counts at its first deployment.
    """

    artifact: str
    commits: tuple[Commit, ...] = ()
    sbom: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactSigned:
    """An artifact (a package URL) was signed."""

    artifact: str
    signature: str


@dataclass(frozen=True, slots=True)
class ServiceDeployed:
    """A service runs an artifact in an environment since this event's time.

    Args:
        how: deployed, upgraded or rolled back.
        deployment: the deployment's own id, shared by every event that tells of it; empty: this
            event tells of a deployment of its own.
        repairs: id of the event or deployment that this one repairs; empty: not said.
        rework: whether people labelled it as rework; None: not labelled.
    """

    service: str
    environment: str
    artifact: str
    how: Rollout = Rollout.DEPLOYED
    deployment: str = ""
    repairs: str = ""
    rework: bool | None = None


@dataclass(frozen=True, slots=True)
class IncidentUpdate:
    """Something is known of an incident since this event's time.

    Args:
        tracker: the source within which `incident` is unique; empty: the event's source.
        caused_by: id of the event or deployment that caused it; empty: not said.
        ticket: the ticket's address; a reported incident has one.
    """

    incident: str
    phase: Phase
    environment: str
    service: str = ""
    tracker: str = ""
    caused_by: str = ""
    description: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class EnvironmentUpdate:
    """An environment was created or deleted."""

    environment: str
    what: Lifecycle
    name: str = ""


@dataclass(frozen=True, slots=True)
class ServiceScaffolded:
    """A service's repository was made from a golden path, for a team (of a domain)."""

    service: str
    team: str = ""
    domain: str = ""
    template: str = ""


Body = (
    ChangeMerged
    | ArtifactPublished
    | ArtifactSigned
    | ServiceDeployed
    | IncidentUpdate
    | EnvironmentUpdate
    | ServiceScaffolded
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Args:
        id: unique within `source`; a repeated event keeps it.
        source: a URI reference that names the producer.
        time: when it happened, with a time zone.
        body: what happened.
    """

    id: str
    source: str
    time: datetime
    body: Body


@dataclass(frozen=True, slots=True)
class Foreign:
    """A CloudEvent of a kind that is not known here: kept, and counted as ignored."""

    id: str
    source: str
    type: str
    time: datetime | None
