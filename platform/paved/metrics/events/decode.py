"""From one line of JSON to an event, or to everything that is wrong with it.

Never raises for what a line says: every flaw is data, so that a caller can keep the rest of a
batch and report all flaws at once. Left out: reading files and storing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from paved.metrics.events.kinds import Kind, kind_of_type
from paved.metrics.events.model import (
    ArtifactPublished,
    ArtifactSigned,
    Body,
    ChangeMerged,
    Commit,
    EnvironmentUpdate,
    Event,
    Foreign,
    IncidentUpdate,
    Lifecycle,
    Phase,
    Rollout,
    ServiceDeployed,
    ServiceScaffolded,
)
from paved.metrics.events.wire import PATTERNS, SHAPES, CDEvent, CloudEvent
from paved.metrics.timeline import rfc3339

CAUSED_BY = "CAUSED_BY"
REPAIRS = "REPAIRS"
LINE_BYTES = 1 << 20
_SHOWN = 60
_Wire = CDEvent[Any, Any]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with an event: the field's path (empty: the whole line), what, expected."""

    path: str
    what: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event as it goes into the store: its meaning, and its text in canonical JSON."""

    event: Event | Foreign
    payload: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes an event the same event: source and id."""
        return self.event.source, self.event.id


def decode(line: bytes) -> Accepted | tuple[Flaw, ...]:
    """Return the event that one line holds, or every flaw found in it.

    Args:
        line: one CloudEvent in structured JSON (UTF-8).
    """
    if len(line) > LINE_BYTES:
        return (Flaw("", f"the line has {len(line)} bytes", f"at most {LINE_BYTES} bytes"),)
    try:
        document = from_json(line, allow_inf_nan=False)
        payload = canonical(document)
    except ValueError as error:
        return (Flaw("", f"not JSON: {error}", "one CloudEvent as JSON on each line"),)
    if not isinstance(document, dict):
        return (Flaw("", "a JSON value that is not an object", "one CloudEvent per line"),)
    event_type = document.get("type")
    kind = kind_of_type(event_type) if isinstance(event_type, str) else None
    return _foreign(document, payload) if kind is None else _known(kind, document, payload)


def canonical(document: object) -> str:
    """Return a JSON value as text that does not depend on the order of keys or on spacing."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _foreign(document: dict[str, Any], payload: str) -> Accepted | tuple[Flaw, ...]:
    try:
        wire = CloudEvent.model_validate(document)
    except ValidationError as error:
        return tuple(_flaws(error))
    return Accepted(Foreign(wire.id, wire.source, wire.type, wire.time), payload)


def _known(kind: Kind, document: dict[str, Any], payload: str) -> Accepted | tuple[Flaw, ...]:
    mismatches = tuple(_mismatches(document))
    try:
        wire = SHAPES[kind].model_validate(document)
    except ValidationError as error:
        return (*_flaws(error), *mismatches)
    if mismatches:
        return mismatches
    body = _BODIES[kind](kind, wire.data)
    return Accepted(Event(wire.id, wire.source, wire.data.context.timestamp, body), payload)


def _flaws(error: ValidationError) -> Iterator[Flaw]:
    for detail in error.errors(include_url=False, include_context=True):
        path = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "missing":
            yield Flaw(path, "the field is missing")
            continue
        yield Flaw(path, f"{_shown(detail['input'])} does not fit", _expected(detail))


def _expected(detail: ErrorDetails) -> str:
    """Return what would have fitted, in our words where pydantic's show its own machinery."""
    match detail["type"]:
        case "string_pattern_mismatch":
            return PATTERNS[detail["ctx"]["pattern"]]
        case "model_type":
            return "an object"
        case "value_error" | "datetime_type":
            return "an RFC 3339 timestamp with a time zone, such as 2026-07-01T08:30:00Z"
        case _:
            return (
                detail["msg"].removeprefix("Input should be ").removeprefix("String should have ")
            )


def _shown(value: object) -> str:
    """Return a value's kind, and short texts as they are; never a whole payload."""
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return "an object" if isinstance(value, dict) else "a list"


def _mismatches(document: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield where the envelope contradicts the CDEvent (its CloudEvents binding forbids it)."""
    data = document.get("data")
    context = data.get("context") if isinstance(data, dict) else None
    if not isinstance(context, dict):
        return
    for name in ("id", "source", "type"):
        outer, inner = document.get(name), context.get(name)
        if isinstance(outer, str) and isinstance(inner, str) and outer != inner:
            path = f"data.context.{name}"
            yield Flaw(path, f"{_shown(inner)} does not fit", f"the envelope's {name}")
    if _differ(document.get("time"), context.get("timestamp")):
        yield Flaw("time", f"{_shown(document['time'])} does not fit", "data.context.timestamp")


def _differ(time: object, timestamp: object) -> bool:
    try:
        return rfc3339(cast("str", time)) != rfc3339(cast("str", timestamp))
    except (TypeError, ValueError):
        return False


def _commits(wire: _Wire) -> tuple[Commit, ...]:
    return tuple(Commit(commit.id, commit.authored) for commit in wire.paved.commits or ())


def _linked(wire: _Wire, kind: str) -> str:
    """Return what the event's first link of a kind points at, or an empty text."""
    for link in wire.context.links or ():
        if link.link_type.upper() == "RELATION" and link.link_kind.upper() == kind and link.target:
            return link.target.context_id or link.target.domain_id or ""
    return ""


def _merged(_kind: Kind, wire: _Wire) -> Body:
    repository = wire.subject.content.repository
    return ChangeMerged(
        change=wire.subject.id,
        repository=repository.id if repository else "",
        services=tuple(wire.paved.services or ()),
        commits=_commits(wire),
    )


def _published(_kind: Kind, wire: _Wire) -> Body:
    sbom = wire.subject.content.sbom
    return ArtifactPublished(wire.subject.id, _commits(wire), sbom.uri if sbom else "")


def _signed(_kind: Kind, wire: _Wire) -> Body:
    return ArtifactSigned(wire.subject.id, wire.subject.content.signature)


def _deployed(kind: Kind, wire: _Wire) -> Body:
    return ServiceDeployed(
        service=wire.subject.id,
        environment=wire.subject.content.environment.id,
        artifact=wire.subject.content.artifact_id,
        how=Rollout(kind.predicate),
        deployment=wire.paved.deployment or "",
        repairs=_linked(wire, REPAIRS),
        rework=wire.paved.rework,
    )


def _incident(kind: Kind, wire: _Wire) -> Body:
    content = wire.subject.content
    return IncidentUpdate(
        incident=wire.subject.id,
        phase=Phase(kind.predicate),
        environment=content.environment.id,
        service=content.service.id if content.service else "",
        tracker=wire.subject.source or "",
        caused_by=_linked(wire, CAUSED_BY),
        description=content.description,
        ticket=content.ticket if kind is Kind.INCIDENT_REPORTED else "",
    )


def _environment(kind: Kind, wire: _Wire) -> Body:
    return EnvironmentUpdate(wire.subject.id, Lifecycle(kind.predicate), wire.subject.content.name)


def _scaffolded(_kind: Kind, wire: _Wire) -> Body:
    content = wire.subject.content
    return ServiceScaffolded(wire.subject.id, content.team, content.domain, content.template)


_BODIES: dict[Kind, Callable[[Kind, _Wire], Body]] = {
    Kind.CHANGE_MERGED: _merged,
    Kind.ARTIFACT_PUBLISHED: _published,
    Kind.ARTIFACT_SIGNED: _signed,
    Kind.SERVICE_DEPLOYED: _deployed,
    Kind.SERVICE_UPGRADED: _deployed,
    Kind.SERVICE_ROLLEDBACK: _deployed,
    Kind.INCIDENT_DETECTED: _incident,
    Kind.INCIDENT_REPORTED: _incident,
    Kind.INCIDENT_RESOLVED: _incident,
    Kind.ENVIRONMENT_CREATED: _environment,
    Kind.ENVIRONMENT_DELETED: _environment,
    Kind.SERVICE_SCAFFOLDED: _scaffolded,
}
