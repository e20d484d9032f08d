"""The callables that sign and verify receipts: the quick ones of these tests, and stock cosign."""

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from paved.adapters.tools import tool
from paved.cli import release_ports
from paved.delivery import testing
from paved.delivery.promotion import plans
from paved.delivery.promotion.ports import Ports, Sign
from paved.delivery.promotion.publish import Remote, publish
from paved.delivery.release import layout, receipt
from paved.delivery.release.chain import Verify
from paved.delivery.release.model import ENVIRONMENTS, Move, Operation, Record
from paved.delivery.release.receipt import PREDICATE_TYPE, Stamp
from paved.delivery.status import audit, require_unbroken
from paved.delivery.testing import NOON, World, digest_of, pin_of
from paved.errors import Refused
from paved.supply import keys

DIGEST = digest_of("the set")
OTHER = digest_of("another set")


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the public key is once something was signed, in a home of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv(keys.SETTING, raising=False)
    return tmp_path / "data" / "paved" / "keys" / "dev" / keys.PUBLIC


@pytest.fixture(params=["quick", "cosign"])
def hands(request: pytest.FixtureRequest, key: Path) -> tuple[Sign, Verify]:
    """Return one pair of callables, then the other."""
    assert not key.exists()
    if request.param == "quick":
        return testing.sign, testing.verify
    return release_ports.sign, release_ports.ports().verify_receipt


def statement() -> bytes:
    """Return the statement of a change that left the set with DIGEST."""
    record = Record(Operation.PIN, "dev", (Move("orders", None, pin_of("orders", "1")),))
    return receipt.statement(record, Stamp(1, "Ada", "ada@example.com", NOON, "", DIGEST))


def test_a_bundle_carries_the_statement_as_it_is(hands: tuple[Sign, Verify]) -> None:
    """The payload is byte for byte what was to be signed, and reads back as a receipt."""
    bundle = hands[0](statement())
    payload = base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"])
    assert payload == statement()
    path = layout.receipt("dev", 1, "orders", pin_of("orders", "1").digest)
    assert receipt.read(bundle, path).after == DIGEST


def test_a_bundle_verifies_for_its_digest_alone(hands: tuple[Sign, Verify]) -> None:
    """A bundle is good for the set that it speaks of, and for no other."""
    sign, verify = hands
    bundle = sign(statement())
    verify(bundle, DIGEST)
    with pytest.raises(Refused):
        verify(bundle, OTHER)


def test_an_altered_statement_does_not_verify(hands: tuple[Sign, Verify]) -> None:
    """One changed name in the statement, and the bundle is refused."""
    sign, verify = hands
    bundle = json.loads(sign(statement()))
    altered = statement().replace(b"Ada", b"Bob")
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(altered).decode()
    with pytest.raises(Refused):
        verify(json.dumps(bundle).encode(), DIGEST)


def test_another_key_does_not_verify(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt that another key signed is refused."""
    bundle = release_ports.sign(statement())
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    release_ports.sign(statement())
    other = tmp_path / "other" / "paved" / "keys" / "dev" / keys.PUBLIC
    release_ports.ports(str(key)).verify_receipt(bundle, DIGEST)
    with pytest.raises(Refused):
        release_ports.ports(str(other)).verify_receipt(bundle, DIGEST)


def stock_cosign(key: Path, bundle: Path, blob: Path) -> int:
    """Verify a receipt as a stranger would, and return cosign's exit status."""
    command = [str(tool("cosign")), "verify-blob-attestation", "--insecure-ignore-tlog"]
    words = ["--key", str(key), "--bundle", str(bundle), "--type", PREDICATE_TYPE, str(blob)]
    return subprocess.run([*command, *words], capture_output=True, check=False).returncode


def test_a_stranger_verifies_with_stock_cosign(dev: World, key: Path) -> None:
    """Stock cosign takes the receipt for the set in the checkout, and not for a changed one."""
    ports = signing(dev)
    publish(dev.ops, Remote(), plans.pin("orders", pin_of("orders", "2"), ports), ports)
    release = dev.ops.root / layout.release_set("dev")
    bundle = dev.ops.root / dev.snapshot().receipt_names("dev")[-1].path
    assert stock_cosign(key, bundle, release) == 0
    release.write_bytes(release.read_bytes().replace(b'"v1"', b'"v2"'))
    assert stock_cosign(key, bundle, release) != 0


def signing(world: World) -> Ports:
    """Return hands that sign and verify with cosign, and are quick otherwise."""
    real = release_ports.ports()
    return replace(world.ports, sign=real.sign, verify_receipt=real.verify_receipt)


def test_a_release_under_cosign(shop: World, key: Path) -> None:
    """Pin, two promotions and a rollback leave chains that hold under cosign."""
    ports = signing(shop)
    for version in ("1", "2"):
        wanted = shop.build(pin_of("orders", version))
        publish(shop.ops, Remote(), plans.pin("orders", wanted, ports), ports)
        for target in ENVIRONMENTS[1:]:
            publish(shop.ops, Remote(), plans.promote(target, "orders", ports), ports)
    who = shop.ops.identity()
    back = plans.rollback("prod", "orders", who, ports, reason="errors")
    publish(shop.ops, Remote(), back, ports)
    audits = audit(shop.snapshot(), ENVIRONMENTS, ports.verify_receipt)
    require_unbroken(audits)
    assert [len(item.receipts) for item in audits] == [2, 2, 3]
    assert key.is_file()
