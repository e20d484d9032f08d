"""The JSON of the events: CDEvents inside CloudEvents 1.0, as pydantic models.

Only fields that something reads are modelled; others are kept in the stored text and ignored.
Accepts the CDEvents 0.4 spelling (`context.version`, `subject.type`) beside 0.5's. Left out:
what the events mean (`decode`).
"""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from paved.metrics.events.kinds import Kind
from paved.metrics.timeline import rfc3339


def _instant(value: object) -> object:
    """Return the moment of a timestamp's text; other values are left to the type check."""
    return rfc3339(value) if isinstance(value, str) else value


def _structured(value: object) -> object:
    """Return custom data when it is an object; base64 text is some other producer's."""
    return None if isinstance(value, str) else value


_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_URI = r"^[^\s\x00-\x1f\x7f]+$"
_PURL = r"^pkg:[A-Za-z][A-Za-z0-9.+-]*/[^\s\x00-\x1f\x7f]+$"
PATTERNS = {
    _PRINTABLE: "text without control characters",
    _URI: "a URI reference, without spaces",
    _PURL: "a package URL, such as pkg:oci/orders@sha256%3A...",
}
Text = Annotated[str, StringConstraints(max_length=4096, pattern=_PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=_PRINTABLE)]
Uri = Annotated[str, StringConstraints(max_length=2048, pattern=_URI)]
Purl = Annotated[str, StringConstraints(max_length=2048, pattern=_PURL)]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        alias_generator=to_camel,
    )


class Target(_Wire):
    """What a link points at."""

    context_id: Name | None = None
    domain_id: Name | None = None


class Link(_Wire):
    """A CDEvents link; only relations are read."""

    link_type: Name
    link_kind: Name = ""
    target: Target | None = None


class Context(_Wire):
    """The CDEvents context."""

    specversion: Annotated[Name, Field(validation_alias=AliasChoices("specversion", "version"))]
    id: Name
    source: Uri
    type: Name
    timestamp: Instant
    links: list[Link] | None = None


class Reference(_Wire):
    """A reference to another subject."""

    id: Name


class CommitData(_Wire):
    """A commit inside `customData.paved.commits`."""

    id: Name
    authored: Instant


class PavedData(_Wire):
    """What CDEvents has no field for: `customData.paved`."""

    commits: list[CommitData] | None = None
    services: list[Name] | None = None
    deployment: Name | None = None
    rework: bool | None = None


@cache
def _nothing() -> PavedData:
    return PavedData()


class CustomData(_Wire):
    """The part of `customData` that is read here."""

    paved: PavedData | None = None


class MergedContent(_Wire):
    """Content of change.merged."""

    repository: Reference | None = None


class SbomContent(_Wire):
    """The SBOM of artifact.published."""

    uri: Uri


class PublishedContent(_Wire):
    """Content of artifact.published."""

    sbom: SbomContent | None = None


class SignedContent(_Wire):
    """Content of artifact.signed."""

    signature: Annotated[str, StringConstraints(min_length=1, max_length=65536)]


class DeployedContent(_Wire):
    """Content of service.deployed, service.upgraded, service.rolledback."""

    environment: Reference
    artifact_id: Purl


class IncidentContent(_Wire):
    """Content of incident.detected, incident.resolved."""

    environment: Reference
    service: Reference | None = None
    description: str = ""


class ReportedContent(IncidentContent):
    """Content of incident.reported."""

    ticket: Annotated[Uri, Field(alias="ticketURI")]


class EnvironmentContent(_Wire):
    """Content of environment.created, environment.deleted."""

    name: Text = ""


class ScaffoldedContent(_Wire):
    """Content of dev.paved.service.scaffolded."""

    team: Text = ""
    domain: Text = ""
    template: Text = ""


Content = TypeVar("Content", bound=_Wire)
Identity = TypeVar("Identity", bound=str)


class Subject(_Wire, Generic[Identity, Content]):
    """The CDEvents subject."""

    id: Identity
    source: Uri | None = None
    content: Content


class CDEvent(_Wire, Generic[Identity, Content]):
    """A CDEvent: the data of the CloudEvent."""

    context: Context
    subject: Subject[Identity, Content]
    custom_data: Annotated[CustomData | None, BeforeValidator(_structured)] = None

    @property
    def paved(self) -> PavedData:
        """Our part of the custom data, empty where there is none."""
        return (self.custom_data and self.custom_data.paved) or _nothing()


class CloudEvent(_Wire):
    """The CloudEvents envelope of any event."""

    specversion: Literal["1.0"]
    id: Name
    source: Uri
    type: Name
    time: Instant | None = None


class Envelope(CloudEvent, Generic[Identity, Content]):
    """The CloudEvents envelope around a CDEvent."""

    data: CDEvent[Identity, Content]


_Incident = Envelope[Name, IncidentContent]
_Deployed = Envelope[Name, DeployedContent]
_Environment = Envelope[Name, EnvironmentContent]

SHAPES: dict[Kind, type[Envelope[Any, Any]]] = {
    Kind.CHANGE_MERGED: Envelope[Name, MergedContent],
    Kind.ARTIFACT_PUBLISHED: Envelope[Purl, PublishedContent],
    Kind.ARTIFACT_SIGNED: Envelope[Purl, SignedContent],
    Kind.SERVICE_DEPLOYED: _Deployed,
    Kind.SERVICE_UPGRADED: _Deployed,
    Kind.SERVICE_ROLLEDBACK: _Deployed,
    Kind.INCIDENT_DETECTED: _Incident,
    Kind.INCIDENT_REPORTED: Envelope[Name, ReportedContent],
    Kind.INCIDENT_RESOLVED: _Incident,
    Kind.ENVIRONMENT_CREATED: _Environment,
    Kind.ENVIRONMENT_DELETED: _Environment,
    Kind.SERVICE_SCAFFOLDED: Envelope[Name, ScaffoldedContent],
}
