"""Names and versions of the kinds of event, in one table.

Source of the names: the CDEvents specification 0.5. Its own namespace for events of others is
`dev.cdeventsx`; `dev.paved` is used for ours, in the same shape.
"""

import re
from enum import StrEnum

from paved.metrics.events.model import (
    ArtifactPublished,
    ArtifactSigned,
    Body,
    ChangeMerged,
    EnvironmentUpdate,
    IncidentUpdate,
    ServiceDeployed,
    ServiceScaffolded,
)

SPECVERSION = "0.5.1"
_VERSION = re.compile(r"\.\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", flags=re.ASCII)


class Kind(StrEnum):
    """A kind of event: its type without the version."""

    CHANGE_MERGED = "dev.cdevents.change.merged"
    ARTIFACT_PUBLISHED = "dev.cdevents.artifact.published"
    ARTIFACT_SIGNED = "dev.cdevents.artifact.signed"
    SERVICE_DEPLOYED = "dev.cdevents.service.deployed"
    SERVICE_UPGRADED = "dev.cdevents.service.upgraded"
    SERVICE_ROLLEDBACK = "dev.cdevents.service.rolledback"
    INCIDENT_DETECTED = "dev.cdevents.incident.detected"
    INCIDENT_REPORTED = "dev.cdevents.incident.reported"
    INCIDENT_RESOLVED = "dev.cdevents.incident.resolved"
    ENVIRONMENT_CREATED = "dev.cdevents.environment.created"
    ENVIRONMENT_DELETED = "dev.cdevents.environment.deleted"
    SERVICE_SCAFFOLDED = "dev.paved.service.scaffolded"

    @property
    def type(self) -> str:
        """The kind with the version that this platform writes."""
        return f"{self}.0.1.0" if self is Kind.SERVICE_SCAFFOLDED else f"{self}.0.3.0"

    @property
    def predicate(self) -> str:
        """The last word: merged, published, deployed, ..."""
        return self.rsplit(".", 1)[1]


_KINDS = {str(kind): kind for kind in Kind}


def kind_of_type(event_type: str) -> Kind | None:
    """Return the kind of a CloudEvents type of any version, or None when it is not known."""
    version = _VERSION.search(event_type)
    if version is None or version.end() != len(event_type):
        return None
    return _KINDS.get(event_type[: version.start()])


_FIXED: dict[type[Body], Kind] = {
    ChangeMerged: Kind.CHANGE_MERGED,
    ArtifactPublished: Kind.ARTIFACT_PUBLISHED,
    ArtifactSigned: Kind.ARTIFACT_SIGNED,
    ServiceScaffolded: Kind.SERVICE_SCAFFOLDED,
}


def kind_of(body: Body) -> Kind:
    """Return the kind that says `body`."""
    match body:
        case ServiceDeployed():
            return Kind(f"dev.cdevents.service.{body.how}")
        case IncidentUpdate():
            return Kind(f"dev.cdevents.incident.{body.phase}")
        case EnvironmentUpdate():
            return Kind(f"dev.cdevents.environment.{body.what}")
        case _:
            return _FIXED[type(body)]
