"""Pin and promote: what lands, where, and that a second time changes nothing."""

from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from paved.adapters.git import Repository
from paved.delivery.promotion import plans
from paved.delivery.promotion.publish import Remote, preview
from paved.delivery.release import layout
from paved.delivery.release.model import Outcome
from paved.delivery.testing import World, digest_of, pin_of, unsigned
from paved.errors import InputError


def test_a_digest_goes_dev_stage_prod(shop: World) -> None:
    """Each step makes one commit that moves the set, the overlay and a receipt, and no more."""
    shop.pin("orders", "1")
    for target in ("stage", "prod"):
        before = shop.snapshot()
        done = shop.promote(target, "orders")
        after = shop.snapshot()
        assert Repository(shop.remote).resolve(f"{done.commit}^") == before.commit
        assert after.commit == done.commit
        assert after.release_set(target).pins == {"orders": pin_of("orders", "1")}
        paths = {entry.path: entry.blob for entry in after.entries("gitops")}
        changed = set(paths.items()) - {(e.path, e.blob) for e in before.entries("gitops")}
        assert {path for path, _ in changed} == {
            layout.release_set(target),
            layout.kustomization("orders", target),
            done.receipt,
        }


def test_the_overlay_pins_what_the_set_says(shop: World) -> None:
    """The promoted overlay names the repository and the digest, and keeps its comments."""
    shop.pin("orders", "1")
    shop.promote("stage", "orders")
    text = (shop.ops.root / layout.kustomization("orders", "stage")).read_text()
    pin = pin_of("orders", "1")
    (image,) = YAML(typ="safe").load(text)["images"]
    assert (image["newName"], image["digest"]) == (pin.image, pin.digest)
    assert text.count("#") == 3


def test_the_checkout_follows_the_remote(shop: World) -> None:
    """After a change the checkout is clean and at the remote's commit."""
    done = shop.pin("orders", "1")
    assert (shop.ops.resolve("HEAD"), shop.ops.changed(), done.behind) == (done.commit, (), "")


def test_another_branch_is_left_where_it_is(shop: World) -> None:
    """A checkout of another commit takes part in nothing, and is told so."""
    base = shop.ops.resolve("HEAD")
    (shop.ops.root / ".git" / "HEAD").write_text(f"{base}\n")
    done = shop.pin("orders", "1")
    assert shop.ops.resolve("HEAD") == base
    assert "no branch is checked out" in done.behind
    assert shop.snapshot().commit == done.commit


def test_a_set_moves_as_a_unit(shop: World) -> None:
    """The whole set goes in one commit with one receipt; what is there already does not move."""
    shop.bring("billing")
    shop.bring("search")
    for service in ("orders", "billing", "search"):
        shop.pin(service, "1")
    shop.promote("stage", "search")
    done = shop.promote("stage")
    assert done.change is not None
    assert done.change.record is not None
    assert [move.service for move in done.change.record.moves] == ["billing", "orders"]
    assert "000002-all-" in done.receipt
    snapshot = shop.snapshot()
    assert snapshot.release_set("stage").pins == snapshot.release_set("dev").pins
    assert len(snapshot.receipt_names("stage")) == 2


def test_twice_is_once(shop: World) -> None:
    """The same command again makes no commit and no receipt."""
    shop.pin("orders", "1")
    shop.promote("stage", "orders")
    before = shop.state()
    assert shop.pin("orders", "1").change is None
    assert shop.promote("stage", "orders").change is None
    assert shop.promote("stage").change is None
    assert shop.state() == before


def test_the_receipt_names_the_gates_that_nothing_feeds(shop: World) -> None:
    """Error budgets and policies are recorded as having no data, not as passed."""
    shop.pin("orders", "1")
    done = shop.promote("stage", "orders")
    assert done.change is not None
    assert done.change.record is not None
    outcomes = {check.name: check.outcome for check in done.change.record.checks}
    assert outcomes.pop("error-budget") is Outcome.NO_DATA
    assert outcomes.pop("policies") is Outcome.NO_DATA
    names = ("in-previous", "receipts", "supply-chain", "denylist", "freeze", "soak", "render")
    assert outcomes == dict.fromkeys(names, Outcome.PASS)


def test_a_dry_run_writes_nothing(shop: World) -> None:
    """A preview judges every gate and returns the files, and nothing moves anywhere."""
    shop.pin("orders", "1")
    before = shop.state()
    done = preview(shop.ops, Remote(), plans.promote("stage", "orders", shop.ports), shop.ports)
    assert done.change is not None
    assert set(done.change.files) == {
        layout.release_set("stage"),
        layout.kustomization("orders", "stage"),
    }
    assert shop.state() == before


def test_dev_takes_an_unsigned_image(shop: World) -> None:
    """Pinning asks for no signature: what dev tries is not yet a release."""
    pin = unsigned(pin_of("orders", "1"))
    shop.make(plans.pin("orders", pin, shop.ports))
    assert shop.snapshot().release_set("dev").pins == {"orders": pin}


def test_a_hand_edited_overlay_is_put_right_by_pinning_again(shop: World) -> None:
    """Pinning what the set already has repairs an overlay that says something else."""
    shop.pin("orders", "1")
    path = layout.kustomization("orders", "dev")
    good = shop.snapshot().file(path)
    shop.commit({path: good.replace(pin_of("orders", "1").digest.encode(), b"sha256:" + b"9" * 64)})
    assert shop.pin("orders", "1").change is not None
    assert shop.snapshot().file(path) == good


@pytest.mark.parametrize("name", ["../up", "Orders", "orders/../x", "", "-o", "o" * 64])
def test_a_service_is_a_dns_label(shop: World, name: str) -> None:
    """A name that could be a path, or that Kubernetes would not take, is refused as input."""
    with pytest.raises(InputError):
        plans.pin(name, pin_of("orders", "1"), shop.ports)


def test_every_malformed_fact_is_named(shop: World) -> None:
    """All wrong fields of a pin are told at once."""
    wrong = replace(pin_of("orders", "1"), digest="sha256:12", commit="HEAD", image="Orders")
    with pytest.raises(InputError) as caught:
        plans.pin("orders", wrong, shop.ports)
    assert sorted(problem.where.rsplit(".", 1)[1] for problem in caught.value.problems) == [
        "commit",
        "digest",
        "image",
    ]


def test_nothing_is_promoted_to_dev(shop: World) -> None:
    """Dev has no environment before it."""
    with pytest.raises(InputError, match="stage or prod"):
        plans.promote("dev", "orders", shop.ports)


def test_a_digest_that_is_named_is_the_one_promoted(shop: World) -> None:
    """Naming the digest that dev runs promotes it."""
    shop.pin("orders", "1")
    done = shop.promote("stage", "orders", digest=digest_of("orders 1"))
    assert done.change is not None
