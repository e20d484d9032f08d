"""A landed change as events: CDEvents 0.5 inside CloudEvents 1.0, one per service that moved.

The same change always gives the same events, so telling of it twice counts once. They say that an
environment's desired state moved; where a cluster reports what it runs, its events are better.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from paved.delivery.release.model import Move, Operation, Pin, Record

SOURCE = "/paved/release"
CDEVENTS = "0.5.1"
TYPE = "dev.cdevents.service.{}.0.3.0"

Event = Mapping[str, object]


def deployments(record: Record, commit: str, when: datetime) -> tuple[Event, ...]:
    """Return what `record` did as service.deployed, upgraded or rolledback events.

    Args:
        record: the change.
        commit: that has it in the operations repository; with the service, the event's id.
        when: it was made.
    """
    return tuple(_event(record, move, commit, when) for move in record.moves)


def _event(record: Record, move: Move, commit: str, when: datetime) -> Event:
    shared = {
        "id": f"{commit}/{move.service}",
        "source": SOURCE,
        "type": TYPE.format(_predicate(record, move)),
    }
    context: dict[str, object] = {"specversion": CDEVENTS, "timestamp": _moment(when), **shared}
    if record.reverts:
        target = {"contextId": f"{record.reverts}/{move.service}"}
        context["links"] = [{"linkType": "RELATION", "linkKind": "REPAIRS", "target": target}]
    content = {"environment": {"id": record.environment}, "artifactId": purl(move.after)}
    subject = {"id": move.service, "content": content}
    return {
        "specversion": "1.0",
        **shared,
        "subject": move.service,
        "time": _moment(when),
        "datacontenttype": "application/json",
        "data": {"context": context, "subject": subject},
    }


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _predicate(record: Record, move: Move) -> str:
    if record.operation is Operation.ROLLBACK:
        return "rolledback"
    return "upgraded" if move.before else "deployed"


def purl(pin: Pin) -> str:
    """Return an image's package URL; definition: the purl specification's type `oci`."""
    name = pin.image.rpartition("/")[2]
    return (
        f"pkg:oci/{name}@{quote(pin.digest, safe='')}?repository_url={quote(pin.image, safe='/')}"
    )
