"""From moves to files: the release set, the overlays, and the judgement of all checks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from paved.delivery.promotion import gates, rendering
from paved.delivery.promotion.ports import Ports
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import documents, layout, overlay
from paved.delivery.release.model import Change, Check, Move, Pin, Record, short


def moves(snapshot: Snapshot, environment: str, wanted: Mapping[str, Pin]) -> tuple[Move, ...]:
    """Return the moves that bring `environment` to `wanted`, by service; none where it is there.

    A service whose set is right and whose overlay pins something else moves too: it is put right.
    """
    pins = snapshot.release_set(environment).pins
    every = tuple(Move(name, pins.get(name), wanted[name]) for name in sorted(wanted))
    there = pinned(snapshot, environment, every)
    return tuple(
        move
        for move in every
        if move.before != move.after or there.get(move.service, "") != move.after.digest
    )


def pinned(snapshot: Snapshot, environment: str, wanted: tuple[Move, ...]) -> Mapping[str, str]:
    """Return the digest that each service's overlay pins; services without one are left out."""
    paths = {layout.kustomization(move.service, environment): move for move in wanted}
    return {
        paths[path].service: overlay.current(
            content, paths[path].service, paths[path].after.image, path
        )
        for path, content in snapshot.files(paths).items()
    }


def change(
    snapshot: Snapshot, record: Record, checks: Iterable[Check], ports: Ports
) -> Change | None:
    """Return the change that `record` speaks of, None when nothing moves.

    Args:
        snapshot: the tree it is made on.
        record: what moves where; its checks are filled in here.
        checks: the gates, judged only when something moves.
        ports: the hands.

    Raises:
        Refused: a check failed; carries every reason.
    """
    if not record.moves:
        return None
    environment = record.environment
    edited = _edited(snapshot, environment, record.moves)
    there = tuple(
        move for move in record.moves if layout.kustomization(move.service, environment) in edited
    )
    judged = gates.require(
        (
            *checks,
            *_absent(set(record.moves) - set(there), environment),
            *rendering.check(snapshot, edited, environment, there, ports.build),
        )
    )
    release = snapshot.release_set(environment).moved(record.moves)
    files = {**edited, layout.release_set(environment): documents.write_set(release)}
    return Change(files, _message(record), replace(record, checks=judged))


def _edited(snapshot: Snapshot, environment: str, wanted: tuple[Move, ...]) -> dict[str, bytes]:
    paths = {layout.kustomization(move.service, environment): move for move in wanted}
    return {
        path: overlay.pinned(content, paths[path].service, paths[path].after, path)
        for path, content in snapshot.files(paths).items()
    }


def _absent(missing: Iterable[Move], environment: str) -> Iterator[Check]:
    for move in sorted(missing, key=lambda move: move.service):
        path = layout.kustomization(move.service, environment)
        hint = "paved release onboard SERVICE_REPOSITORY"
        yield gates.failed("render", move.service, f"{path} is not there", hint)


def _message(record: Record) -> str:
    if len(record.moves) == 1:
        what = f"{record.label} {short(record.moves[0].after.digest)}"
    else:
        what = f"{len(record.moves)} services"
    return f"release({record.environment}): {record.operation} {what}"
