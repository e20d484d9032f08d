"""Receipts: what they say, and that nothing changes without one."""

import base64
import hashlib
import json

import pytest

from paved.delivery.release import layout, receipt
from paved.delivery.release.chain import breaks
from paved.delivery.release.model import ENVIRONMENTS
from paved.delivery.status import audit, require_unbroken
from paved.delivery.testing import World, sign, verify
from paved.errors import InputError, Refused


@pytest.fixture
def released(prod: World) -> World:
    """Return a world in which orders went to prod, again, and back."""
    prod.rollback("prod", "orders")
    return prod


def broken(world: World) -> list[str]:
    """Return what an audit of prod finds."""
    (found,) = audit(world.snapshot(), ["prod"], verify)
    return [problem.what for problem in found.problems]


def path_of(world: World, number: int) -> str:
    """Return the path of one of prod's receipts."""
    return world.snapshot().receipt_names("prod")[number - 1].path


def payload_of(world: World, number: int) -> dict[str, object]:
    """Return the statement in one of prod's receipts."""
    bundle = json.loads(world.snapshot().file(path_of(world, number)))
    statement: dict[str, object] = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    return statement


def test_a_receipt_says_who_when_what_and_why(released: World) -> None:
    """The statement is in-toto v1 about the set's file, with the change and every check."""
    statement = payload_of(released, 3)
    content = released.snapshot().file(layout.release_set("prod"))
    sha256 = hashlib.sha256(content).hexdigest()
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == receipt.PREDICATE_TYPE
    assert statement["subject"] == [
        {"name": layout.release_set("prod"), "digest": {"sha256": sha256}}
    ]
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["who"] == {"name": "Release", "email": "release@example.com"}
    assert (predicate["when"], predicate["sequence"]) == ("2026-03-02T12:00:00Z", 3)
    assert (predicate["operation"], predicate["to"]) == ("rollback", "prod")
    assert predicate["reason"] == "errors"
    (change,) = predicate["changes"]
    runs = released.snapshot().release_set("prod").pins["orders"]
    assert change["after"]["digest"] == runs.digest
    assert {check["outcome"] for check in predicate["checks"]} == {"pass"}


def test_every_chain_holds(released: World) -> None:
    """After pins, promotions and a rollback each environment's receipts lead to its set."""
    audits = audit(released.snapshot(), ENVIRONMENTS, verify)
    require_unbroken(audits)
    assert [len(item.receipts) for item in audits] == [2, 2, 3]


def test_a_set_that_was_changed_by_hand(released: World) -> None:
    """A set that its last receipt does not speak of breaks the chain."""
    path = layout.release_set("prod")
    released.commit({path: released.snapshot().file(path).replace(b'"v1"', b'"v2"')})
    assert broken(released) == ["no receipt speaks of this release set"]
    with pytest.raises(Refused):
        require_unbroken(audit(released.snapshot(), ["prod"], verify))


def test_a_hand_edit_that_was_covered_up(prod: World) -> None:
    """A rollback after a change by hand does not hide it: the link before it is broken."""
    path = layout.release_set("prod")
    prod.commit({path: prod.snapshot().file(path).replace(b'"v1"', b'"v2"')})
    prod.rollback("prod", "orders")
    assert broken(prod) == ["the set was changed before this receipt without one"]


def test_a_missing_receipt(released: World) -> None:
    """A gap in the numbers breaks the chain."""
    snapshot = released.snapshot()
    names = snapshot.receipt_names("prod")
    kept = (*snapshot.receipts(names[:1]), *snapshot.receipts(names[2:]))
    digest = snapshot.set_digest("prod")
    told = [problem.what for problem in breaks(kept, "prod", digest, verify)]
    assert told == [
        "a receipt is missing or double",
        "the set was changed before this receipt without one",
    ]


def test_a_receipt_that_was_altered(released: World) -> None:
    """One changed byte of the statement, and its signature does not verify."""
    path = path_of(released, 2)
    bundle = json.loads(released.snapshot().file(path))
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    altered = payload.replace(b"Release", b"Someone")
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(altered).decode()
    released.commit({path: json.dumps(bundle).encode()})
    assert broken(released) == ["the signature does not verify: no signature in it is by this key"]


def test_a_receipt_in_another_place(released: World) -> None:
    """A genuine receipt under another number or environment is an input error."""
    content = released.snapshot().file(path_of(released, 1))
    name = path_of(released, 1).rpartition("/")[2]
    for path in (
        f"{layout.receipts('prod')}/000004{name[6:]}",
        f"{layout.receipts('stage')}/{name}",
    ):
        with pytest.raises(InputError, match="belongs elsewhere"):
            receipt.read(content, path)


@pytest.mark.parametrize(
    "other",
    [
        {"digest": {"sha256": "0" * 64}},
        {"name": layout.release_set("stage")},
    ],
)
def test_a_receipt_about_another_subject(released: World, other: dict[str, object]) -> None:
    """A statement whose subject is not the set it speaks of is an input error."""
    statement = payload_of(released, 1)
    subject = statement["subject"]
    assert isinstance(subject, list)
    subject[0] |= other
    with pytest.raises(InputError, match="subject is not the set"):
        receipt.read(sign(json.dumps(statement).encode()), path_of(released, 1))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", sign(b"{}"), sign(b"\xff")])
def test_what_is_no_receipt(content: bytes) -> None:
    """Anything that is no bundle of such a statement is an input error, never a traceback."""
    path = f"{layout.receipts('prod')}/000001-orders-{'0' * 12}.json"
    with pytest.raises(InputError):
        receipt.read(content, path)
