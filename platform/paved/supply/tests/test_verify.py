"""Verifying a signed layout with stock cosign: what is accepted, what is refused and why."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from paved.adapters.cosign import Cosign
from paved.errors import EnvironmentProblem, InputError, Refused
from paved.supply import assemble, canonical, keys, media, sign, verify
from paved.supply.report import Report

BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
NAMELESS = {"type": "library", "name": "x"}
KINDS = list(media.PREDICATE_NAMES.items())


@pytest.fixture
def check(key: Path, cosign: Cosign) -> Callable[[Path], Report]:
    """Return verification with the key that signed."""
    return lambda folder: verify.verify_layout(folder, str(key / keys.PUBLIC), cosign)


def test_a_signed_image_is_accepted(
    signed_once: Path, check: Callable[[Path], Report], image: Path
) -> None:
    """Every check of an untouched layout passes and tells its figures."""
    report = check(signed_once)
    assert report.problems == []
    assert report.digest == assemble.image_descriptor(image)["digest"]
    details = {item.name: item.detail for item in report.checks}
    assert details["layers"] == "2 layers, 20,480 bytes"
    assert details["SBOM"] == "CycloneDX 1.6, 1 components, 1 edges"
    assert details["provenance"].startswith("//orders:image by https://example.com/paved/")


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_changed_bundle_is_refused_by_its_digest(
    signed: Path,
    check: Callable[[Path], Report],
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
    kind: str,
    name: str,
) -> None:
    """A flipped bit in a bundle names the bundle's digest and the statement that is gone."""
    digest = referrers(signed)[kind][1]
    path = signed / "blobs" / "sha256" / digest.removeprefix("sha256:")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    problems = check(signed).problems
    assert digest in [problem.where for problem in problems]
    assert f"no {name} is attached that could be read" in [problem.what for problem in problems]


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_changed_statement_is_refused_by_cosign(
    signed_once: Path,
    image: Path,
    tmp_path: Path,
    check: Callable[[Path], Report],
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
    kind: str,
    name: str,
) -> None:
    """A statement changed with every digest made right again fails on its signature alone."""

    def change(statement: dict[str, object]) -> None:
        statement["subject"][0]["name"] = "//another:image"  # type: ignore[index]

    folder = _rebuilt(signed_once, image, tmp_path, referrers, {kind: change})
    assert [problem.what for problem in check(folder).problems] == [
        f"{name}: no signature in it is by this key"
    ]


def test_signatures_of_another_image_are_refused(
    signed_once: Path,
    tmp_path: Path,
    make_image: Callable[..., Path],
    check: Callable[[Path], Report],
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
) -> None:
    """Bundles moved to another image are refused: each signs another digest."""
    other = make_image(tmp_path / "other", b"something else")
    folder = _rebuilt(signed_once, other, tmp_path, referrers, {})
    whats = [problem.what for problem in check(folder).problems]
    for _, name in KINDS:
        assert f"{name}: it signs another digest" in whats
    assert sum(what.startswith("is about sha256:") for what in whats) == len(KINDS)


def test_a_statement_under_another_name_is_refused(
    signed_once: Path,
    image: Path,
    tmp_path: Path,
    check: Callable[[Path], Report],
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
) -> None:
    """A signed SBOM that is attached as provenance is refused: it states something else."""
    bundles = _bundles(signed_once, referrers)
    bundles[media.PROVENANCE] = bundles[media.SBOM]
    folder = _assembled(image, bundles, tmp_path)
    whats = [problem.what for problem in check(folder).problems]
    assert "provenance: it makes another kind of statement" in whats
    assert f"states {media.SBOM}" in whats


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_missing_statement_is_refused(
    signed_once: Path,
    image: Path,
    tmp_path: Path,
    check: Callable[[Path], Report],
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
    kind: str,
    name: str,
) -> None:
    """A layout without one of the three statements is refused for that one alone."""
    bundles = _bundles(signed_once, referrers)
    del bundles[kind]
    problems = check(_assembled(image, bundles, tmp_path)).problems
    assert [problem.what for problem in problems] == [f"no {name} is attached that could be read"]


def test_an_unsigned_image_is_refused(image: Path, check: Callable[[Path], Report]) -> None:
    """A plain image lacks three statements, and all three are told."""
    with pytest.raises(Refused) as refusal:
        check(image).require()
    assert [problem.what for problem in refusal.value.problems] == [
        f"no {name} is attached that could be read" for _, name in KINDS
    ]


def test_another_key_is_refused(signed_once: Path, other_key: Path, cosign: Cosign) -> None:
    """Verifying with a key that did not sign refuses all three statements."""
    report = verify.verify_layout(signed_once, str(other_key / keys.PUBLIC), cosign)
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
    signed_once: Path,
    image: Path,
    tmp_path: Path,
    key: Path,
    cosign: Cosign,
    check: Callable[[Path], Report],
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
    kind: str,
    predicate: dict[str, object],
    reason: str,
) -> None:
    """A signature on a predicate that is not what its type says does not save it."""
    file = tmp_path / "predicate.json"
    file.write_text(json.dumps(predicate))
    bundles = _bundles(signed_once, referrers)
    private = str(key / keys.PRIVATE)
    bundles[kind] = sign.attest(image, kind, file, name="x", key=private, cosign=cosign)
    problems = check(_assembled(image, bundles, tmp_path)).problems
    assert any(reason in problem.what for problem in problems)


def test_dsse_verifies_without_cosign(
    signed_once: Path,
    key: Path,
    other_key: Path,
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
) -> None:
    """securesystemslib, which shares no code with cosign, accepts the envelopes by the same key."""
    right, wrong = (
        SSlibKey.from_dict(
            "id",
            {
                "keytype": "ecdsa",
                "scheme": "ecdsa-sha2-nistp256",
                "keyval": {"public": (folder / keys.PUBLIC).read_text()},
            },
        )
        for folder in (key, other_key)
    )
    for bundle in _bundles(signed_once, referrers).values():
        envelope = json.loads(bundle)["dsseEnvelope"]
        signature = {**envelope["signatures"][0], "keyid": "id"}
        made = Envelope.from_dict({**envelope, "signatures": [signature]})
        assert list(made.verify([right], 1)) == ["id"]
        with pytest.raises(Exception, match="Accepted signatures do not match threshold"):
            made.verify([wrong], 1)


def test_the_key_has_to_be_a_public_key(signed_once: Path, key: Path, cosign: Cosign) -> None:
    """A missing key, a folder and a private key are input errors, not refusals."""
    for wrong in (key / "absent.pub", key, key / keys.PRIVATE):
        with pytest.raises(InputError):
            verify.verify_layout(signed_once, str(wrong), cosign)


def test_a_program_that_is_no_cosign_is_told(
    signed_once: Path, key: Path, tmp_path: Path
) -> None:
    """Versions out of range and programs that lack a flag are environment problems."""
    for said in ('{"gitVersion": "v2.6.1"}', '{"gitVersion": "v4.0.0"}', '{"gitVersion": "devel"}'):
        program = tmp_path / "cosign"
        program.write_text(f"#!/bin/sh\necho '{said}'\n")
        program.chmod(0o755)
        with pytest.raises(EnvironmentProblem, match=r"this cosign (is version|lacks)"):
            verify.verify_layout(signed_once, str(key / keys.PUBLIC), Cosign(program))


def _bundles(
    layout: Path, referrers: Callable[[Path], dict[str, tuple[str, str]]]
) -> dict[str, bytes]:
    blobs = layout / "blobs" / "sha256"
    found = referrers(layout)
    return {kind: (blobs / bundle[7:]).read_bytes() for kind, (_, bundle) in found.items()}


def _assembled(image: Path, bundles: dict[str, bytes], scratch: Path) -> Path:
    files = []
    for number, (kind, content) in enumerate(bundles.items()):
        path = scratch / f"{number}.json"
        path.write_bytes(content)
        files.append((kind, path))
    assemble.assemble(image, files, scratch / "assembled")
    return scratch / "assembled"


def _rebuilt(
    layout: Path,
    image: Path,
    scratch: Path,
    referrers: Callable[[Path], dict[str, tuple[str, str]]],
    changes: dict[str, Callable[[dict[str, object]], None]],
) -> Path:
    """Return the layout with changed statements, everything but the signatures made right."""
    bundles = _bundles(layout, referrers)
    for kind, change in changes.items():
        bundle = json.loads(bundles[kind])
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        change(statement)
        payload = base64.b64encode(canonical.encode(statement)).decode()
        bundle["dsseEnvelope"]["payload"] = payload
        bundles[kind] = json.dumps(bundle).encode()
    return _assembled(image, bundles, scratch)
