"""Fills in what delivery asks of others: cosign, keys, a registry, Kustomize and the clock.

This is where delivery and supply meet; neither imports the other.
"""

import base64
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from paved.adapters import cosign, kustomize
from paved.cli import output
from paved.delivery.promotion.ports import Inspect, Ports
from paved.delivery.release import documents
from paved.delivery.release.model import Evidence, Pin
from paved.delivery.release.receipt import PREDICATE_TYPE, file_digest
from paved.errors import InputError, Problem, Refused
from paved.supply import keys, media, oci
from paved.supply import verify as supply
from paved.supply.claims import predicates

STEPS = {
    "fetched": "fetched the remote's latest commit",
    "checked": "judged every gate",
    "signed": "signed the receipt",
    "committed": "made the commit",
    "pushed": "pushed",
    "forwarded": "brought this checkout forward",
}


def ports(key: str = "", *, plain_http: bool = False) -> Ports:
    """Return the hands of one command.

    Args:
        key: the public key that images and receipts are verified with; empty: the default one.
        plain_http: speak plain HTTP to registries.
    """
    return Ports(
        sign=sign,
        verify_receipt=lambda bundle, digest: _verify_receipt(bundle, digest, key),
        inspect=lambda reference: inspect(reference, key, plain_http=plain_http),
        build=kustomize.build,
        now=lambda: datetime.now(UTC),
        progress=lambda step: output.note(f"✓ {STEPS[step]}"),
    )


def sign(statement: bytes) -> bytes:
    """Return a Sigstore bundle of `statement`, signed with the key that is set."""
    program = cosign.locate()
    key = keys.signing_key(os.environ, program)
    with tempfile.TemporaryDirectory(prefix="paved-receipt-") as scratch:
        claim, bundle = Path(scratch, "statement.json"), Path(scratch, "bundle.json")
        claim.write_bytes(statement)
        program.attest(claim, key=key.reference, bundle=bundle)
        return bundle.read_bytes()


def inspect(reference: str, key: str = "", *, plain_http: bool = False) -> Evidence:
    """Return what `reference` carries, all of it verified; raise Refused with every reason."""
    program, public = cosign.locate(), _public(key)
    supply.verify_reference(reference, public, program, plain_http=plain_http).require()

    def envelopes(kind: str) -> list[bytes]:
        return [
            *program.verify_attestation(
                reference, key=public, predicate_type=kind, plain_http=plain_http
            )
        ]

    provenances = envelopes(media.PROVENANCE)
    return Evidence(
        sboms=_digests(envelopes(media.SBOM), reference),
        provenances=_digests(provenances, reference),
        commits=_commits(provenances, reference),
    )


def facts(image: str, commit: str, template: str, contract: str, inspect: Inspect) -> Pin:
    """Return what dev is to run, with what was verified about it.

    Args:
        image: HOST/REPOSITORY@DIGEST.
        commit: the source's; empty: the one that the provenance names.
        template: NAME@VERSION of the golden path.
        contract: the platform contract's version.
        inspect: verifies the image; one that it refuses is pinned without SBOM and provenance.

    Raises:
        InputError: a fact is missing or malformed.
    """
    try:
        evidence = inspect(image)
    except Refused as error:
        output.note("this image does not verify; dev takes it, stage will not:")
        output.note(str(error))
        evidence = Evidence(frozenset(), frozenset())
    source = commit or min(evidence.commits, default="")
    if not source:
        what = "no verified provenance names the commit that this image was built from"
        raise InputError(Problem(what, where=image, hint="name it with --commit"))
    repository, _, digest = image.partition("@")
    found = {
        "image": repository,
        "digest": digest,
        "commit": source,
        "template": template,
        "contract": contract,
        "sbom": min(evidence.sboms, default=""),
        "provenance": min(evidence.provenances, default=""),
    }
    return documents.checked_pin(found, image)


def _verify_receipt(bundle: bytes, digest: str, key: str) -> None:
    cosign.locate().verify_bundle(
        bundle, key=_public(key), digest=digest, predicate_type=PREDICATE_TYPE
    )


def _public(key: str) -> str:
    return key or keys.public_reference(os.environ)


def _digests(envelopes: list[bytes], where: str) -> frozenset[str]:
    parsed = (oci.parse(predicates.Envelope, envelope, where) for envelope in envelopes)
    return frozenset(file_digest(base64.b64decode(envelope.payload)) for envelope in parsed)


def _commits(envelopes: list[bytes], where: str) -> frozenset[str]:
    statements = (predicates.statement_of_envelope(envelope, where) for envelope in envelopes)
    found = (predicates.provenance(item.predicate, where).commit for item in statements)
    return frozenset(commit for commit in found if commit)
