# ruff: noqa: INP001  a folder of tests is no package
"""The definitions once more, slow and obvious: loops over Python objects, nothing shared.

Only for tests, as the measure of the Ibis expressions. Every function reads like the sentence of
the definition that it stands for; nothing here is fast.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from paved.metrics.settings import Settings


@dataclass(eq=False)
class Deployment:
    """A production deployment and what became of it."""

    service: str
    time: datetime
    place: tuple[datetime, int]
    names: set[str] = field(default_factory=set)
    labels: list[bool] = field(default_factory=list)
    repairs: bool = False
    failures: "list[Incident]" = field(default_factory=list)


@dataclass(eq=False)
class Incident:
    """A production incident."""

    service: str
    cause: str
    detected: datetime | None
    resolved: datetime | None


def order(event: Event) -> tuple[datetime, int]:
    """Return what puts events in order: time, then something that hangs on the event alone."""
    digest = hashlib.sha256(f"{event.source} {event.id}".encode()).digest()
    return event.time, int.from_bytes(digest[:8], "big", signed=True)


def plain(purl: str) -> str:
    """Return a package URL's digest, or the URL without qualifiers."""
    text = unquote(purl.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0])
    return text.rsplit("@", 1)[-1] if "@sha256:" in text else text


class History:
    """Everything that happened, from events in any order and any number of copies."""

    def __init__(self, events: Iterable[Event], settings: Settings) -> None:
        """Work out deployments, incidents and attribution."""
        unique = {(event.source, event.id): event for event in events}
        self.settings = settings
        self.events = sorted(unique.values(), key=order)
        self.deployments = self._deployments()
        self.incidents = self._incidents()
        for incident in self.incidents:
            blamed = self._blamed(incident)
            if blamed is not None:
                blamed.failures.append(incident)

    def window(self, service: str) -> timedelta:
        """Return W for a service."""
        return self.settings.failure_windows.get(service, self.settings.failure_window)

    def told(self) -> list[tuple[Event, ServiceDeployed]]:
        """Return the production deployments' events."""
        return [
            (event, event.body)
            for event in self.events
            if isinstance(event.body, ServiceDeployed)
            and event.body.environment in self.settings.production
        ]

    def _deployments(self) -> list[Deployment]:
        found: dict[tuple[str, ...], Deployment] = {}
        for event, body in self.told():
            shared = (body.service, body.deployment)
            key = shared if body.deployment else (body.service, event.source, event.id)
            one = found.setdefault(key, Deployment(body.service, event.time, order(event)))
            one.names |= {event.id, body.deployment} - {""}
            one.repairs |= body.how is Rollout.ROLLEDBACK or body.repairs != ""
            one.labels += [] if body.rework is None else [body.rework]
        return sorted(found.values(), key=lambda one: one.place)

    def _incidents(self) -> list[Incident]:
        bodies: dict[tuple[str, str], list[tuple[Event, IncidentUpdate]]] = {}
        for event in self.events:
            if isinstance(event.body, IncidentUpdate):
                key = (event.body.tracker or event.source, event.body.incident)
                bodies.setdefault(key, []).append((event, event.body))
        found = []
        for said in bodies.values():
            environment = [body.environment for _, body in said][-1]
            if environment in self.settings.production:
                found.append(
                    Incident(
                        service=last(body.service for _, body in said),
                        cause=last(body.caused_by for _, body in said),
                        detected=min(times(said, resolved=False), default=None),
                        resolved=max(times(said, resolved=True), default=None),
                    )
                )
        return found

    def _blamed(self, incident: Incident) -> Deployment | None:
        if incident.cause:
            named = [one for one in self.deployments if incident.cause in one.names]
            return max(named, key=lambda one: nearness(one, incident), default=None)
        if not incident.service or incident.detected is None:
            return None
        before = [
            one
            for one in self.deployments
            if one.service == incident.service and one.time <= incident.detected
        ]
        if before and incident.detected - before[-1].time <= self.window(incident.service):
            return before[-1]
        return None

    def is_rework(self, deployment: Deployment) -> bool:
        """Return whether a deployment repairs an earlier one."""
        if deployment.labels:
            return any(deployment.labels)
        return deployment.repairs or any(
            self._open_at(earlier, failure, deployment.time)
            for earlier in self.deployments
            if earlier.service == deployment.service
            for failure in earlier.failures
        )

    def _open_at(self, failed: Deployment, failure: Incident, moment: datetime) -> bool:
        if failure.detected is None:
            return False
        limit = failure.detected + self.window(failed.service)
        end = min(limit, failure.resolved) if failure.resolved else limit
        return max(failure.detected, failed.time) < moment <= end

    def first_deployed(self) -> dict[str, datetime]:
        """Return each service's first production deployment."""
        found: dict[str, datetime] = {}
        for one in self.deployments:
            found.setdefault(one.service, one.time)
        return found

    def contained(self) -> dict[tuple[str, str], tuple[datetime, datetime]]:
        """Return (service, commit) -> (first deployed, authored)."""
        found: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        for event, body in self.told():
            for other in self.events:
                if isinstance(other.body, ArtifactPublished) and plain(
                    other.body.artifact
                ) == plain(body.artifact):
                    for commit in other.body.commits:
                        key = (body.service, commit.id)
                        live, authored = found.get(key, (event.time, commit.authored))
                        found[key] = (min(live, event.time), min(authored, commit.authored))
        return found

    def changes(self) -> dict[tuple[str, str, str], tuple[datetime, set[str]]]:
        """Return (repository or source, change, service) -> (merged, commits)."""
        found: dict[tuple[str, str, str], tuple[datetime, set[str]]] = {}
        for event in self.events:
            if isinstance(event.body, ChangeMerged):
                for service in event.body.services or ("",):
                    key = (event.body.repository or event.source, event.body.change, service)
                    merged, commits = found.get(key, (event.time, set()))
                    more = {commit.id for commit in event.body.commits}
                    found[key] = (min(merged, event.time), commits | more)
        return found

    def scaffolded(self) -> dict[str, datetime]:
        """Return when each service was first scaffolded."""
        found: dict[str, datetime] = {}
        for event in self.events:
            if isinstance(event.body, ServiceScaffolded):
                found.setdefault(event.body.service, event.time)
        return found


def nearness(one: Deployment, incident: Incident) -> tuple[object, ...]:
    """Return how well a named deployment fits an incident, greatest best."""
    before = incident.detected is not None and one.time <= incident.detected
    return one.service == incident.service, before, one.place


def last(texts: Iterable[str]) -> str:
    """Return the last text that says something."""
    return ([""] + [text for text in texts if text])[-1]


def times(said: Sequence[tuple[Event, IncidentUpdate]], *, resolved: bool) -> list[datetime]:
    """Return when an incident was resolved, or else detected or reported."""
    return [event.time for event, body in said if (body.phase is Phase.RESOLVED) is resolved]
