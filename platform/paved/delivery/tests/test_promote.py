"""Promotion: what lands, and where."""

import json

from paved.adapters.git import Repository
from paved.delivery.release import layout
from paved.delivery.tests.world import World, pin_of


def test_a_digest_goes_dev_stage_prod(shop: World) -> None:
    """Each step makes one commit that moves the set, the overlay and a receipt, and no more."""
    shop.pin("orders", "1")
    for target in ("stage", "prod"):
        before = shop.snapshot().commit
        done = shop.promote(target, "orders")
        assert Repository(shop.remote).history(done.commit, ".")[1] == before
        after = shop.snapshot()
        assert after.commit == done.commit
        assert after.release_set(target).pins == {"orders": pin_of("orders", "1")}
