"""When a pin came to the previous environment, from its verified receipts."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release.chain import Verify, unsigned
from paved.delivery.release.model import Move, previous


def since(
    snapshot: Snapshot, target: str, moves: tuple[Move, ...], verify: Verify
) -> Mapping[str, datetime]:
    """Return when each service last moved in the environment before `target`.

    Nothing is read when `target` asks for no soak; a service whose latest receipt does not verify
    is left out.
    """
    if not snapshot.policy().soak.get(target, timedelta(0)):
        return {}
    services = {move.service for move in moves}
    names = snapshot.receipt_names(previous(target))
    about = [name for name in names if name.label in {*services, "all"}]
    found: dict[str, datetime] = {}
    for receipt in reversed(snapshot.receipts(about)):
        latest = services.intersection(receipt.services)
        services -= latest
        if latest and not unsigned(receipt, verify):
            found.update(dict.fromkeys(latest, receipt.when))
    return found
