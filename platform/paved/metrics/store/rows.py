"""From an event to the rows that the figures are computed from.

Pure: an event's rows follow from the event alone, so that a store can derive them again. Left
out: `seq`, which the store puts in front of each row.
"""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import unquote

from paved.metrics.events import (
    ArtifactPublished,
    ChangeMerged,
    Event,
    IncidentUpdate,
    Phase,
    Rollout,
    ServiceDeployed,
    ServiceScaffolded,
)
from paved.metrics.timeline import micros

_DIGEST = re.compile(r"@(sha(?:256|512):[0-9a-f]{64,128})\Z")
Row = tuple[str, tuple[object, ...]]


def rows_of(event: Event) -> Iterator[Row]:
    """Yield (table, values without `seq`) for an event; events without a figure yield none."""
    head = (micros(event.time), _tie(event))
    match event.body:
        case ServiceDeployed() as body:
            yield "deployments", (*head, event.id, *_deployment(body))
        case IncidentUpdate() as body:
            incident = f"{body.tracker or event.source} {body.incident}"
            resolved = body.phase is Phase.RESOLVED
            rest = (incident, resolved, body.environment, body.service, body.caused_by)
            yield "incidents", (*head, *rest)
        case ArtifactPublished() as body:
            key = artifact_key(body.artifact)
            for commit in body.commits:
                yield "contents", (key, commit.id, micros(commit.authored))
        case ChangeMerged() as body:
            yield from _merge(event, body)
        case ServiceScaffolded() as body:
            yield "scaffolds", (*head, body.service, body.team, body.domain)


def artifact_key(purl: str) -> str:
    """Return what makes two package URLs the same artifact.

    The digest where the version is one; else the URL without qualifiers, percent-decoded.
    """
    plain = unquote(purl.split("#", 1)[0].split("?", 1)[0])
    digest = _DIGEST.search(plain)
    return digest[1] if digest else plain


def _tie(event: Event) -> int:
    """Return 64 bits that depend on the event's source and id alone."""
    digest = hashlib.sha256(f"{event.source} {event.id}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _deployment(body: ServiceDeployed) -> tuple[object, ...]:
    return (
        body.service,
        body.environment,
        artifact_key(body.artifact),
        body.deployment,
        body.how is Rollout.ROLLEDBACK or bool(body.repairs),
        body.rework,
    )


def _merge(event: Event, body: ChangeMerged) -> Iterator[Row]:
    change = f"{body.repository or event.source} {body.change}"
    for service in body.services or ("",):
        for commit in {commit.id: None for commit in body.commits} or ("",):
            yield "merges", (micros(event.time), change, service, commit)
