"""Verifying a signed layout with stock cosign: what is accepted, what is refused and why."""

import json
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from paved.adapters.cosign import Cosign
from paved.errors import EnvironmentProblem, InputError, Problem, Refused
from paved.supply import assemble, media, verify
from paved.supply.testing import (
    Workshop,
    assembled,
    flip,
    referrers,
    renamed_subject,
    write_image,
)

BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
NAMELESS = {"type": "library", "name": "x"}
KINDS = list(media.PREDICATE_NAMES.items())


def problems_of(shop: Workshop, folder: Path) -> list[Problem]:
    """Return why `folder` is refused by the key that signs."""
    return list(verify.verify_layout(folder, shop.public, shop.cosign).problems)


def reasons(shop: Workshop, folder: Path) -> list[str]:
    """Return what is said of `folder`."""
    return [problem.what for problem in problems_of(shop, folder)]


def test_a_signed_image_is_accepted(shop: Workshop) -> None:
    """Every check of an untouched layout passes and tells its figures."""
    report = verify.verify_layout(shop.signed, shop.public, shop.cosign)
    assert report.require() is report
    assert report.digest == assemble.image_descriptor(shop.image)["digest"]
    details = {item.name: item.detail for item in report.checks}
    assert details["layers"] == "2 layers, 20,480 bytes"
    assert details["SBOM"] == "CycloneDX 1.6, 1 components, 1 edges"
    assert details["provenance"].startswith("//orders:image, commit cccccccccccc, 2 inputs")


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_changed_bundle_is_refused_by_its_digest(
    shop: Workshop, signed: Path, kind: str, name: str
) -> None:
    """A flipped bit in a bundle names the bundle's digest and the statement that is gone."""
    digest = referrers(signed)[kind][1]
    flip(signed / "blobs" / "sha256" / digest.removeprefix("sha256:"), 300)
    problems = problems_of(shop, signed)
    assert digest in [problem.where for problem in problems]
    assert f"no {name} is attached that could be read" in [problem.what for problem in problems]


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_changed_statement_is_refused_by_cosign(
    shop: Workshop, tmp_path: Path, kind: str, name: str
) -> None:
    """A statement changed with every digest made right again fails on its signature alone."""
    bundles = shop.bundles()
    bundles[kind] = renamed_subject(bundles[kind])
    folder = assembled(shop.image, bundles, tmp_path)
    assert reasons(shop, folder) == [f"{name}: no signature in it is by this key"]


def test_signatures_of_another_image_are_refused(shop: Workshop, tmp_path: Path) -> None:
    """Bundles moved to another image are refused: each signs another digest."""
    other = write_image(tmp_path / "other", b"something else")
    whats = reasons(shop, assembled(other, shop.bundles(), tmp_path))
    for _, name in KINDS:
        assert f"{name}: it signs another digest" in whats
    assert sum(what.startswith("is about sha256:") for what in whats) == len(KINDS)


def test_a_statement_under_another_name_is_refused(shop: Workshop, tmp_path: Path) -> None:
    """A signed SBOM that is attached as provenance is refused: it states something else."""
    bundles = shop.bundles()
    bundles[media.PROVENANCE] = bundles[media.SBOM]
    whats = reasons(shop, assembled(shop.image, bundles, tmp_path))
    assert "provenance: it makes another kind of statement" in whats
    assert f"states {media.SBOM}" in whats


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_missing_statement_is_refused(
    shop: Workshop, tmp_path: Path, kind: str, name: str
) -> None:
    """A layout without one of the three statements is refused for that one alone."""
    bundles = shop.bundles()
    del bundles[kind]
    folder = assembled(shop.image, bundles, tmp_path)
    assert reasons(shop, folder) == [f"no {name} is attached that could be read"]


def test_an_unsigned_image_is_refused(shop: Workshop) -> None:
    """A plain image lacks three statements, and all three are told."""
    with pytest.raises(Refused) as refusal:
        verify.verify_layout(shop.image, shop.public, shop.cosign).require()
    assert [problem.what for problem in refusal.value.problems] == [
        f"no {name} is attached that could be read" for _, name in KINDS
    ]


def test_another_key_is_refused(shop: Workshop) -> None:
    """Verifying with a key that did not sign refuses all three statements."""
    report = verify.verify_layout(shop.signed, shop.other_public, shop.cosign)
    assert [problem.what for problem in report.problems] == [
        f"{name}: no signature in it is by this key" for _, name in KINDS
    ]


@pytest.mark.parametrize(
    ("kind", "predicate", "reason"),
    [
        (media.SBOM, {"bomFormat": "SPDX"}, "is SPDX None"),
        (media.SBOM, BOM | {"components": "none"}, "is no CycloneDX document"),
        (media.SBOM, BOM | {"components": [NAMELESS]}, "has components without purl or version: x"),
        (media.SBOM, BOM | {"dependencies": [{"ref": "a", "dependsOn": ["b"]}]}, "is no CycloneDX"),
        (media.PROVENANCE, {}, "buildDefinition: field required"),
    ],
)
def test_a_signed_statement_without_sense_is_refused(
    shop: Workshop, tmp_path: Path, kind: str, predicate: dict[str, object], reason: str
) -> None:
    """A signature on a predicate that is not what its type says does not save it."""
    bundles = shop.bundles()
    bundles[kind] = shop.attest(kind, predicate, tmp_path)
    whats = reasons(shop, assembled(shop.image, bundles, tmp_path))
    assert any(reason in what for what in whats)


def test_dsse_verifies_without_cosign(shop: Workshop) -> None:
    """securesystemslib, which shares no code with cosign, judges the envelopes as cosign does."""
    right, wrong = (
        SSlibKey("id", "ecdsa", "ecdsa-sha2-nistp256", {"public": Path(path).read_text()})
        for path in (shop.public, shop.other_public)
    )
    for bundle in shop.bundles().values():
        envelope = json.loads(bundle)["dsseEnvelope"]
        signature = {**envelope["signatures"][0], "keyid": "id"}
        made = Envelope.from_dict({**envelope, "signatures": [signature]})
        assert list(made.verify([right], 1)) == ["id"]
        with pytest.raises(VerificationError):
            made.verify([wrong], 1)


@pytest.mark.parametrize("place", ["absent.pub", ".", "cosign.key"])
def test_the_key_has_to_be_a_public_key(shop: Workshop, place: str) -> None:
    """A missing key, a folder and a private key are input errors, not refusals."""
    with pytest.raises(InputError):
        verify.verify_layout(shop.signed, str(shop.key.parent / place), shop.cosign)


@pytest.mark.parametrize("version", ["v2.6.1", "v3.0.3", "v4.0.0", "devel"])
def test_a_cosign_that_does_not_fit_is_told(shop: Workshop, tmp_path: Path, version: str) -> None:
    """Versions out of range, and unstamped builds that lack a flag, are environment problems."""
    program = tmp_path / "cosign"
    program.write_text(f'#!/bin/sh\necho \'{{"gitVersion": "{version}"}}\'\n')
    program.chmod(0o755)
    with pytest.raises(EnvironmentProblem, match=r"this cosign (is version|lacks)"):
        verify.verify_layout(shop.signed, shop.public, Cosign(program))
