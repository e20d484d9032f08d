"""Every refusal: it names its reason, and nothing is written anywhere."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from paved.delivery.promotion import plans
from paved.delivery.release import documents, layout
from paved.delivery.release.model import Denied, Evidence
from paved.delivery.testing import NOON, World, digest_of, later, pin_of, unsigned
from paved.errors import Conflict, InputError, PavedError, Refused


@contextmanager
def refused(world: World, *reasons: str, kind: type[PavedError] = Refused) -> Iterator[None]:
    """Expect one problem for each of `reasons`, in order, and that nothing was written."""
    world.snapshot()
    before = world.state()
    with pytest.raises(kind) as caught:
        yield
    told = ["\n".join(problem.lines()) for problem in caught.value.problems]
    assert len(told) == len(reasons), told
    for line, reason in zip(told, reasons, strict=True):
        assert reason in line
    assert world.state() == before
    assert world.ops.changed() == ()


def test_a_service_that_is_not_in_the_previous_environment(dev: World) -> None:
    """Prod takes only what stage runs."""
    with refused(dev, "stage does not run orders"):
        dev.promote("prod", "orders")


def test_a_digest_that_is_not_in_the_previous_environment(dev: World) -> None:
    """A digest named by the caller has to be the one before."""
    with refused(dev, "dev runs"):
        dev.promote("stage", "orders", digest=digest_of("another"))


def test_an_overlay_that_pins_something_else(dev: World) -> None:
    """A set whose overlay was edited by hand does not say what really ran."""
    path = layout.kustomization("orders", "dev")
    text = dev.snapshot().file(path)
    dev.commit({path: text.replace(pin_of("orders", "1").digest.encode(), b"sha256:" + b"9" * 64)})
    with refused(dev, "its overlay pins 999999999999"):
        dev.promote("stage", "orders")


def test_an_unsigned_image(shop: World) -> None:
    """Stage takes no image whose signature, SBOM or provenance is missing."""
    shop.make(plans.pin("orders", unsigned(pin_of("orders", "1")), shop.ports))
    with refused(shop, "no signature is attached"):
        shop.promote("stage", "orders")


def test_evidence_that_is_not_what_was_pinned(dev: World) -> None:
    """An SBOM, provenance or commit other than the recorded one is refused, each by name."""
    others = frozenset({digest_of("another")})
    dev.signed[pin_of("orders", "1").reference] = Evidence(others, others, frozenset({"f" * 40}))
    with refused(dev, "records SBOM", "records provenance", "records commit"):
        dev.promote("stage", "orders")


def test_a_set_without_its_sbom_and_provenance(shop: World) -> None:
    """An image that was signed after it was pinned has to be pinned again."""
    pin = pin_of("orders", "1")
    shop.build(pin)
    shop.make(plans.pin("orders", unsigned(pin), shop.ports))
    with refused(shop, "records SBOM none", "records provenance none"):
        shop.promote("stage", "orders")


def test_a_denied_digest(dev: World) -> None:
    """What is on the denylist is neither promoted nor pinned."""
    item = Denied(
        pin_of("orders", "1").digest, "orders", "prod", "errors", NOON, "a <a@example.com>"
    )
    dev.commit({layout.DENYLIST: documents.write_denylist((item,))})
    with refused(dev, "was rolled back in prod: errors"):
        dev.promote("stage", "orders")
    dev.pin("orders", "2")
    with refused(dev, "was rolled back in prod: errors"):
        dev.pin("orders", "1")


def policy(**fields: object) -> dict[str, bytes]:
    """Return the policy file with `fields`."""
    return {layout.POLICY: json.dumps({"schema_version": 1, **fields}).encode()}


def test_a_frozen_window(dev: World) -> None:
    """A freeze holds from its start up to, and not including, its end."""
    window = {
        "environments": ["stage"],
        "start": "2026-03-02T12:00:00Z",
        "end": "2026-03-02T14:00:00+01:00",
        "reason": "stocktaking",
    }
    dev.commit(policy(freezes=[window]))
    with refused(dev, "frozen until 2026-03-02 14:00"):
        dev.promote("stage", "orders")
    later(dev, minutes=59, seconds=59)
    with refused(dev, "stocktaking"):
        dev.promote("stage", "orders")
    later(dev, seconds=1)
    assert dev.promote("stage", "orders").change is not None


def test_a_pin_that_has_not_soaked(dev: World) -> None:
    """A pin waits in the previous environment for as long as the policy says, to the second."""
    dev.commit(policy(soak={"stage": "PT2H"}))
    later(dev, hours=1, minutes=59, seconds=59)
    with refused(dev, "not yet for 2:00:00"):
        dev.promote("stage", "orders")
    later(dev, seconds=1)
    assert dev.promote("stage", "orders").change is not None


def test_soaking_begins_anew_with_each_digest(dev: World) -> None:
    """A new digest in dev does not inherit the time of the one before."""
    dev.commit(policy(soak={"stage": "PT2H"}))
    later(dev, hours=3)
    dev.pin("orders", "2")
    later(dev, hours=1)
    with refused(dev, "in dev for 1:00:00, not yet for 2:00:00"):
        dev.promote("stage", "orders")


def test_soaking_is_not_taken_from_a_forged_receipt(dev: World) -> None:
    """A receipt that was altered to look older says nothing, even when a later one is good."""
    (name,) = dev.snapshot().receipt_names("dev")
    bundle = json.loads(dev.snapshot().file(name.path))
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    older = payload.replace(b"2026-03-02T12", b"2026-03-01T12")
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(older).decode()
    dev.bring("billing")
    dev.pin("billing", "1")
    dev.commit({name.path: json.dumps(bundle).encode(), **policy(soak={"stage": "PT2H"})})
    with refused(dev, "in dev for 0:00:00, not yet for 2:00:00"):
        dev.promote("stage", "orders")


def test_an_overlay_that_does_not_build(dev: World) -> None:
    """A target that Kustomize refuses is not promoted to; its words are told."""
    path = layout.kustomization("orders", "stage")
    text = dev.snapshot().file(path)
    dev.commit({path: text.replace(b"../../base", b"../../nowhere")})
    with refused(dev, "kustomize cannot build this: accumulating resources"):
        dev.promote("stage", "orders")


def test_an_overlay_that_does_not_run_the_image(dev: World) -> None:
    """A target whose workload names another image would pin nothing."""
    path = f"{layout.app('orders')}/base/deployment.yaml"
    text = dev.snapshot().file(path)
    dev.commit({path: text.replace(b"example/orders", b"example/something")})
    with refused(dev, "does not run the image: registry.example.com/example/something"):
        dev.promote("stage", "orders")


def test_an_overlay_that_runs_the_image_twice(dev: World) -> None:
    """A second, fixed digest of the same image would escape the pin."""
    path = f"{layout.app('orders')}/base/deployment.yaml"
    extra = b"        - {name: old, image: 'registry.example.com/shop/orders:1.0'}\n"
    dev.commit({path: dev.snapshot().file(path) + extra})
    with refused(dev, "also runs registry.example.com/shop/orders:1.0"):
        dev.promote("stage", "orders")


def test_a_service_that_was_not_onboarded(world: World) -> None:
    """A pin needs an overlay to go to."""
    with refused(world, "paved release onboard"):
        world.pin("orders", "1")


def test_a_set_that_was_changed_without_a_receipt(dev: World) -> None:
    """A digest that came into dev's set by hand does not go on."""
    path = layout.release_set("dev")
    text = dev.snapshot().file(path)
    dev.commit({path: text.replace(b'"v1"', b'"v2"')})
    with refused(dev, "no receipt speaks of this release set"):
        dev.promote("stage", "orders")


def test_a_target_that_was_changed_without_a_receipt(dev: World) -> None:
    """The target's own set has to be covered too: a promotion does not launder it."""
    dev.promote("stage", "orders")
    path = layout.release_set("stage")
    text = dev.snapshot().file(path)
    dev.commit({path: text.replace(b'"v1"', b'"v2"')})
    dev.pin("orders", "2")
    with refused(dev, "no receipt speaks of this release set"):
        dev.promote("stage", "orders")


def test_a_forged_receipt(dev: World) -> None:
    """A receipt that another key signed covers nothing."""
    (name,) = dev.snapshot().receipt_names("dev")
    bundle = json.loads(dev.snapshot().file(name.path))
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"
    dev.commit({name.path: json.dumps(bundle).encode()})
    with refused(dev, "the signature does not verify: no signature in it is by this key"):
        dev.promote("stage", "orders")


def test_every_reason_is_told_at_once(dev: World) -> None:
    """Gates do not hide each other: one refusal names them all."""
    pin = pin_of("orders", "1")
    del dev.signed[pin.reference]
    item = Denied(pin.digest, "orders", "prod", "errors", NOON, "a <a@example.com>")
    window = {
        "environments": ["stage"],
        "start": "2026-03-02T00:00:00Z",
        "end": "2026-03-03T00:00:00Z",
        "reason": "stocktaking",
    }
    path = layout.kustomization("orders", "stage")
    dev.commit(
        {
            layout.DENYLIST: documents.write_denylist((item,)),
            path: dev.snapshot().file(path).replace(b"../../base", b"../../nowhere"),
            **policy(soak={"stage": "P1D"}, freezes=[window]),
        }
    )
    reasons = ("(supply-chain)", "(denylist)", "(freeze)", "(soak)", "(render)")
    with refused(dev, *reasons):
        dev.promote("stage", "orders")


def test_one_bad_service_holds_up_the_unit(dev: World) -> None:
    """A set goes as a whole or not at all."""
    dev.bring("billing")
    dev.make(plans.pin("billing", unsigned(pin_of("billing", "1")), dev.ports))
    with refused(dev, "billing (supply-chain)"):
        dev.promote("stage")


def test_a_dirty_checkout(dev: World) -> None:
    """A change that is not committed is a conflict, named by file, and stays."""
    readme = dev.ops.root / "README.md"
    readme.write_text("mine\n")
    (dev.ops.root / "gitops" / "new.yaml").write_text("mine: too\n")
    before = dev.state()
    with pytest.raises(Conflict) as caught:
        dev.promote("stage", "orders")
    assert [problem.where for problem in caught.value.problems] == ["README.md", "gitops/new.yaml"]
    assert all("git stash" in problem.hint for problem in caught.value.problems)
    assert dev.state() == before


def test_commits_that_are_not_pushed(dev: World) -> None:
    """A checkout ahead of the remote is a conflict."""
    (dev.ops.root / "README.md").write_text("mine\n")
    dev.ops.commit_all("docs: mine")
    with refused(dev, "main has commits that the remote has not", kind=Conflict):
        dev.promote("stage", "orders")


def test_a_remote_that_declines(dev: World) -> None:
    """A remote's own rule is a refusal with the remote's words, and is not tried again."""
    hook = dev.remote / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho reviews are missing >&2\nexit 1\n")
    hook.chmod(0o755)
    with refused(dev, "reviews are missing"):
        dev.promote("stage", "orders")


NO_ZONE = b"""{"schema_version": 1, "freezes": [{"environments": ["prod"], "reason": "x",
"start": "2026-03-02T12:00:00", "end": "2026-03-03T12:00:00Z"}]}"""
NEWER = b'{"schema_version": 2, "environment": "stage", "services": {}}'
BROKEN: dict[str, tuple[str, bytes, str]] = {
    "newer schema": (layout.release_set("stage"), NEWER, "newer or older than this paved"),
    "not JSON": (layout.release_set("stage"), b"{", "JSON"),
    "another's set": (
        layout.release_set("stage"),
        b'{"schema_version": 1, "environment": "prod", "services": {}}',
        "this is the set of prod",
    ),
    "unknown field": (layout.POLICY, b'{"schema_version": 1, "freeze": []}', "policy.json freeze"),
    "no zone": (layout.POLICY, NO_ZONE, "freezes.0.start"),
    "a strange file": (f"{layout.receipts('dev')}/notes.txt", b"x", "not a receipt's name"),
    "not a kustomization": (layout.kustomization("orders", "stage"), b"- a\n", "a mapping"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_read(dev: World, case: str) -> None:
    """A malformed file is an input error that names it; nothing is guessed."""
    path, content, reason = BROKEN[case]
    dev.commit({path: content})
    with refused(dev, reason, kind=InputError):
        dev.promote("stage", "orders")
