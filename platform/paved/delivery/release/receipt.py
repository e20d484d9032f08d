"""Receipts: what each change of a release set leaves behind, as a signed in-toto statement.

The subject is the release set's file, so stock cosign checks a receipt against the tree:
`cosign verify-blob-attestation --bundle RECEIPT --key PUB --type TYPE release.lock.json`.
Signing and checking a signature are the caller's, see `paved.delivery.promotion.ports`.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Base64Bytes, BaseModel, Field

from paved.delivery.release import documents, layout
from paved.delivery.release.model import Check, Move, Operation, Record
from paved.errors import InputError, Problem

PREDICATE_TYPE = "https://example.com/paved/release-receipt/v1"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a receipt adds to a change's record: number, who, when, and the set's two digests.

    Digests are of the release set's file, `sha256:` and hex; `before` is empty for the first set.
    """

    sequence: int
    name: str
    email: str
    when: datetime
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that was read: its path, its bytes, and what it says."""

    path: str
    bundle: bytes
    sequence: int
    environment: str
    operation: Operation
    services: tuple[str, ...]
    who: str
    when: datetime
    before: str
    after: str
    checks: tuple[tuple[str, str], ...]


class _Said(BaseModel):
    """A part of a receipt; fields that later versions add are let through."""


class _Digests(_Said):
    sha256: str


class _Subject(_Said):
    name: str
    digest: _Digests


class _Who(_Said):
    name: str
    email: str


class _SetChange(_Said):
    before: str | None
    after: documents.Digest


class _Change(_Said):
    service: documents.Service


class _Check(_Said):
    name: str
    subject: str
    outcome: Literal["pass", "no_data"]


class _Predicate(_Said):
    operation: Operation
    sequence: Annotated[int, Field(ge=1)]
    who: _Who
    when: AwareDatetime
    to: documents.Environment
    set: _SetChange
    changes: Annotated[list[_Change], Field(min_length=1)]
    checks: list[_Check]


class _Statement(_Said):
    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[list[_Subject], Field(min_length=1)]
    predicate_type: Annotated[
        Literal["https://example.com/paved/release-receipt/v1"], Field(alias="predicateType")
    ]
    predicate: _Predicate


class _Envelope(_Said):
    payload: Base64Bytes
    payload_type: Annotated[Literal["application/vnd.in-toto+json"], Field(alias="payloadType")]


class _Bundle(_Said):
    envelope: Annotated[_Envelope, Field(alias="dsseEnvelope")]


def file_digest(content: bytes) -> str:
    """Return the digest of a file's bytes, empty for no bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}" if content else ""


def statement(record: Record, stamp: Stamp) -> bytes:
    """Return the in-toto statement of a change, as canonical JSON without spaces."""
    subject = {
        "name": layout.release_set(record.environment),
        "digest": {"sha256": stamp.after.removeprefix("sha256:")},
    }
    document = {
        "_type": STATEMENT_TYPE,
        "subject": [subject],
        "predicateType": PREDICATE_TYPE,
        "predicate": _predicate(record, stamp),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _predicate(record: Record, stamp: Stamp) -> dict[str, object]:
    return {
        "operation": record.operation.value,
        "sequence": stamp.sequence,
        "who": {"name": stamp.name, "email": stamp.email},
        "when": documents.instant(stamp.when),
        "from": record.source or None,
        "to": record.environment,
        "reason": record.reason or None,
        "reverts": record.reverts or None,
        "set": {"before": stamp.before or None, "after": stamp.after},
        "changes": [_change(move) for move in record.moves],
        "checks": [_check(check) for check in record.checks],
    }


def _change(move: Move) -> dict[str, object]:
    before = move.before and documents.pin_document(move.before)
    return {
        "service": move.service,
        "before": before,
        "after": documents.pin_document(move.after),
    }


def _check(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "subject": check.subject,
        "outcome": check.outcome.value,
        "detail": check.detail,
    }


def read(bundle: bytes, path: str) -> Receipt:
    """Return what the receipt at `path` says; its signature is not looked at.

    Raises InputError when it is no receipt, or one that another path should hold.
    """
    payload = documents.parse(_Bundle, bundle, path).envelope.payload
    said = documents.parse(_Statement, payload, path)
    predicate = said.predicate
    name = layout.receipt_name(path)
    at_home = path.startswith(f"{layout.receipts(predicate.to)}/")
    subject = said.subject[0]
    covers = subject.name == layout.release_set(predicate.to)
    if name is None or name.sequence != predicate.sequence or not at_home:
        raise InputError(Problem("this receipt belongs elsewhere", where=path))
    if not covers or f"sha256:{subject.digest.sha256}" != predicate.set.after:
        raise InputError(Problem("this receipt's subject is not the set it speaks of", where=path))
    return Receipt(
        path=path,
        bundle=bundle,
        sequence=predicate.sequence,
        environment=predicate.to,
        operation=predicate.operation,
        services=tuple(change.service for change in predicate.changes),
        who=f"{predicate.who.name} <{predicate.who.email}>",
        when=predicate.when,
        before=predicate.set.before or "",
        after=predicate.set.after,
        checks=tuple((check.name, check.outcome) for check in predicate.checks),
    )
