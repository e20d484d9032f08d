"""From an event to its JSON: a CDEvent inside a CloudEvent, structured mode.

What is written here, `decode` reads back as the same event. Left out: sending.
"""

from collections.abc import Iterable
from typing import Any

from paved.metrics.events.decode import CAUSED_BY, REPAIRS, canonical
from paved.metrics.events.kinds import SPECVERSION, kind_of
from paved.metrics.events.model import (
    ArtifactPublished,
    ArtifactSigned,
    Body,
    ChangeMerged,
    Commit,
    EnvironmentUpdate,
    Event,
    IncidentUpdate,
    ServiceDeployed,
    ServiceScaffolded,
)
from paved.metrics.timeline import text_of

_Json = dict[str, Any]


def line_of(event: Event) -> str:
    """Return the event as one line of JSON, without the line's end."""
    return canonical(cloudevent(event))


def cloudevent(event: Event) -> dict[str, Any]:
    """Return the event as a CloudEvents 1.0 document, ready for a JSON encoder."""
    kind, time = kind_of(event.body).type, text_of(event.time)
    subject = _subject(event.body)
    context: _Json = {
        "specversion": SPECVERSION,
        "id": event.id,
        "source": event.source,
        "type": kind,
        "timestamp": time,
        **_links(event.body),
    }
    return {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": kind,
        "subject": subject["id"],
        "time": time,
        "datacontenttype": "application/json",
        "data": {"context": context, "subject": subject, **_custom(event.body)},
    }


def _subject(body: Body) -> _Json:
    source = ""
    match body:
        case ChangeMerged():
            identity, content = body.change, _some(repository=_reference(body.repository))
        case ArtifactPublished():
            identity, content = body.artifact, _some(sbom=_some(uri=body.sbom))
        case ArtifactSigned():
            identity, content = body.artifact, {"signature": body.signature}
        case ServiceDeployed():
            environment = {"id": body.environment}
            content = {"environment": environment, "artifactId": body.artifact}
            identity = body.service
        case IncidentUpdate():
            identity, content, source = body.incident, _incident(body), body.tracker
        case EnvironmentUpdate():
            identity, content = body.environment, _some(name=body.name)
        case ServiceScaffolded():
            content = _some(team=body.team, domain=body.domain, template=body.template)
            identity = body.service
    return {"id": identity, **_some(source=source), "content": content}


def _incident(body: IncidentUpdate) -> _Json:
    return _some(
        environment={"id": body.environment},
        service=_reference(body.service),
        description=body.description,
        ticketURI=body.ticket,
    )


def _links(body: Body) -> _Json:
    match body:
        case ServiceDeployed(repairs=target) if target:
            return {"links": [_relation(REPAIRS, target)]}
        case IncidentUpdate(caused_by=target) if target:
            return {"links": [_relation(CAUSED_BY, target)]}
        case _:
            return {}


def _relation(kind: str, target: str) -> _Json:
    return {"linkType": "RELATION", "linkKind": kind, "target": {"contextId": target}}


def _custom(body: Body) -> _Json:
    match body:
        case ChangeMerged():
            paved = _some(services=list(body.services), commits=_commits(body.commits))
        case ArtifactPublished():
            paved = _some(commits=_commits(body.commits))
        case ServiceDeployed():
            label = {} if body.rework is None else {"rework": body.rework}
            paved = _some(deployment=body.deployment) | label
        case _:
            paved = {}
    return _some(customData=_some(paved=paved))


def _commits(commits: Iterable[Commit]) -> list[_Json]:
    return [{"id": commit.id, "authored": text_of(commit.authored)} for commit in commits]


def _reference(identity: str) -> _Json:
    return _some(id=identity)


def _some(**fields: object) -> _Json:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value not in ("", [], {})}
