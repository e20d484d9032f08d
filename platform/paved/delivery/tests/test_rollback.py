"""Rollback: the last good digest comes back, the bad one does not."""

import pytest

from paved.delivery.release import events
from paved.delivery.testing import World, digest_of, later
from paved.errors import Conflict, Refused


def running(world: World, environment: str) -> str:
    """Return the digest of orders in an environment."""
    return world.snapshot().release_set(environment).pins["orders"].digest


def test_the_last_good_digest_comes_back(prod: World) -> None:
    """Prod runs the digest before, and only prod moves; the bad digest is denied, with why."""
    prod.rollback("prod", "orders")
    assert running(prod, "prod") == digest_of("orders 1")
    assert running(prod, "stage") == digest_of("orders 2")
    (denied,) = prod.snapshot().denied()
    assert (denied.digest, denied.environment, denied.reason, denied.by) == (
        digest_of("orders 2"),
        "prod",
        "errors",
        "Release <release@example.com>",
    )


def test_a_denied_digest_does_not_come_back(prod: World) -> None:
    """Neither promotion, nor a pin, nor a later rollback brings a denied digest back."""
    prod.rollback("prod", "orders")
    with pytest.raises(Refused, match="was rolled back in prod"):
        prod.promote("prod", "orders")
    prod.pin("orders", "3")
    with pytest.raises(Refused, match="was rolled back in prod"):
        prod.pin("orders", "2")
    prod.promote("stage", "orders")
    prod.promote("prod", "orders")
    prod.rollback("prod", "orders")
    assert running(prod, "prod") == digest_of("orders 1")


def test_rolling_back_twice_goes_further_back(prod: World) -> None:
    """Each rollback without a digest leaves what runs now, and skips what is denied."""
    prod.release("orders", "3")
    prod.rollback("prod", "orders")
    prod.rollback("prod", "orders")
    assert running(prod, "prod") == digest_of("orders 1")
    assert len(prod.snapshot().denied()) == 2


def test_a_named_digest_is_rolled_back_once(prod: World) -> None:
    """With the bad digest named, a second try finds it gone and does nothing."""
    prod.release("orders", "3")
    bad = digest_of("orders 3")
    assert prod.rollback("prod", "orders", bad).change is not None
    before = prod.state()
    assert prod.rollback("prod", "orders", bad).change is None
    assert prod.state() == before


def test_a_named_digest_that_does_not_run(prod: World) -> None:
    """Naming a digest that neither runs nor was rolled back is a conflict."""
    with pytest.raises(Conflict, match="prod does not run"):
        prod.rollback("prod", "orders", digest_of("another"))


def test_nothing_to_go_back_to(dev: World) -> None:
    """The first digest ever cannot be rolled back, and nothing is denied."""
    before = dev.state()
    with pytest.raises(Refused, match="has run no other digest"):
        dev.rollback("dev", "orders")
    assert dev.state() == before


def test_a_freeze_does_not_hold_up_a_rollback(prod: World) -> None:
    """Going back is allowed when going forward is not."""
    freeze = (
        b'{"schema_version": 1, "freezes": [{"environments": ["prod"], "reason": "x",'
        b'"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}]}'
    )
    prod.commit({"gitops/releases/policy.json": freeze})
    prod.rollback("prod", "orders")
    assert running(prod, "prod") == digest_of("orders 1")


def test_what_comes_back_is_verified(prod: World) -> None:
    """A digest whose signature does not verify any more is not rolled back to."""
    prod.signed = {
        ref: seen for ref, seen in prod.signed.items() if digest_of("orders 1") not in ref
    }
    with pytest.raises(Refused, match="supply-chain"):
        prod.rollback("prod", "orders")


def test_the_event_names_the_deployment_it_repairs(prod: World) -> None:
    """A rollback's event points at the event of the commit that brought the bad digest."""
    later(prod, hours=1)
    bad = prod.release("orders", "3")
    prod.bring("billing")
    prod.release("billing", "1")
    done = prod.rollback("prod", "orders")
    assert done.change is not None
    assert done.change.record is not None
    assert done.change.record.reverts == bad.commit
    (event,) = events.deployments(done.change.record, done.commit, prod.now)
    assert event["type"] == "dev.cdevents.service.rolledback.0.3.0"
    assert f"'contextId': '{bad.commit}/orders'" in str(event)
