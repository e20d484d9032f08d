"""Delivery events: CDEvents inside CloudEvents, as plain data and as JSON.

`Event(id, source, time, body)` with one of the bodies below is all that a producer needs;
`line_of` writes it, `decode` reads it back.
"""

from paved.metrics.events.decode import Accepted, Flaw, decode
from paved.metrics.events.encode import cloudevent, line_of
from paved.metrics.events.kinds import Kind
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

__all__ = [
    "Accepted",
    "ArtifactPublished",
    "ArtifactSigned",
    "Body",
    "ChangeMerged",
    "Commit",
    "EnvironmentUpdate",
    "Event",
    "Flaw",
    "Foreign",
    "IncidentUpdate",
    "Kind",
    "Lifecycle",
    "Phase",
    "Rollout",
    "ServiceDeployed",
    "ServiceScaffolded",
    "cloudevent",
    "decode",
    "line_of",
]
