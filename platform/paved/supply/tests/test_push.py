"""Pushing a signed layout to a real registry, and stock cosign's word on what arrived."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from paved.adapters.cosign import Cosign
from paved.adapters.registry import Reference, Registry, Stored
from paved.errors import EnvironmentProblem, InputError, Refused
from paved.supply import canonical, keys, media, push, sign, verify


@pytest.fixture
def repository(registry: str) -> str:
    """Return a repository of the test's own."""
    return f"{registry}/team/{uuid4().hex}"


def _stock(cosign: Cosign, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(cosign.program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)


def test_stock_cosign_accepts_what_was_pushed(
    signed_once: Path, repository: str, key: Path, other_key: Path, cosign: Cosign
) -> None:
    """`cosign verify` and `verify-attestation` accept by the key that signed, by no other."""
    pushed = push.push_layout(signed_once, f"{repository}:v1")
    for folder, accepted in ((key, True), (other_key, False)):
        common = ["--new-bundle-format", "--key", str(folder / keys.PUBLIC)]
        common += ["--insecure-ignore-tlog"]
        outcomes = [
            _stock(cosign, "verify", *common, pushed.reference),
            _stock(cosign, "verify-attestation", *common, "--type=cyclonedx", pushed.reference),
            _stock(
                cosign, "verify-attestation", *common, "--type=slsaprovenance1", pushed.reference
            ),
        ]
        codes = [outcome.returncode == 0 for outcome in outcomes]
        assert codes == [accepted] * 3, [outcome.stderr for outcome in outcomes]


def test_an_image_in_a_registry_is_verified(
    signed_once: Path, repository: str, key: Path, cosign: Cosign
) -> None:
    """A pushed image passes every check, by tag and by digest."""
    pushed = push.push_layout(signed_once, f"{repository}:v1")
    for reference in (f"{repository}:v1", pushed.reference):
        report = verify.verify_reference(reference, str(key / keys.PUBLIC), cosign)
        assert report.problems == []
        assert pushed.reference.endswith(report.digest)
        assert [item.name for item in report.checks] == [
            "image manifest",
            "blobs",
            "signature",
            "provenance",
            "SBOM",
        ]


def test_another_key_is_refused_in_a_registry(
    signed_once: Path, repository: str, other_key: Path, cosign: Cosign
) -> None:
    """Verifying a pushed image with another key refuses all three statements."""
    pushed = push.push_layout(signed_once, repository)
    report = verify.verify_reference(pushed.reference, str(other_key / keys.PUBLIC), cosign)
    assert [check.name for check in report.checks if not check.passed] == [
        "signature",
        "provenance",
        "SBOM",
    ]


def test_an_unsigned_image_is_refused_in_a_registry(
    image: Path, repository: str, key: Path, cosign: Cosign
) -> None:
    """An image pushed without referrers lacks all three statements."""
    pushed = push.push_layout(image, repository)
    assert pushed.referrers == 0
    report = verify.verify_reference(pushed.reference, str(key / keys.PUBLIC), cosign)
    with pytest.raises(Refused) as refusal:
        report.require()
    assert len(refusal.value.problems) == 3


def test_pushing_again_sends_nothing(
    signed_once: Path, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """A second push skips every blob and leaves one entry for each referrer."""
    repository = f"{serve(tmp_path)}/orders"
    first = push.push_layout(signed_once, f"{repository}:v1")
    again = push.push_layout(signed_once, f"{repository}:v1")
    assert (first.sent, first.skipped) == (7, 0)
    assert (again.sent, again.skipped, again.size) == (0, 7, 0)
    assert again.reference == first.reference
    assert len(_fallback(first.reference)) == 3


def test_what_others_attached_stays(signed_once: Path, repository: str) -> None:
    """An entry that another program put under the fallback tag is kept as it is."""
    place = Reference.parse(repository)
    pushed = push.push_layout(signed_once, repository)
    digest = Reference.parse(pushed.reference).digest
    foreign = {"digest": f"sha256:{'d' * 64}", "size": 2, "mediaType": "x/y", "platform": {"os": ""}}
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [foreign]}
    registry = Registry(place.host)
    content = Stored(canonical.encode(index), media.INDEX)
    registry.put_manifest(place.repository, digest.replace(":", "-"), content)
    push.push_layout(signed_once, repository)
    entries = _fallback(pushed.reference)
    assert entries[0] == foreign
    assert len(entries) == 4


def test_a_damaged_layout_is_not_pushed(
    signed: Path, repository: str, referrers: Callable[[Path], dict[str, tuple[str, str]]]
) -> None:
    """A layout with one flipped bit is refused before anything reaches the registry."""
    bundle = referrers(signed)[media.SBOM][1]
    path = signed / "blobs" / "sha256" / bundle.removeprefix("sha256:")
    content = bytearray(path.read_bytes())
    content[7] ^= 4
    path.write_bytes(content)
    with pytest.raises(Refused, match=bundle):
        push.push_layout(signed, f"{repository}:v1")
    place = Reference.parse(f"{repository}:v1")
    assert not Registry(place.host).has_manifest(place.repository, "v1")


def test_a_push_that_was_cut_short_is_completed(
    signed_once: Path,
    image: Path,
    tmp_path: Path,
    serve: Callable[[Path], str],
    key: Path,
    cosign: Cosign,
) -> None:
    """After a push of the image alone, pushing the signed layout adds what is missing."""
    repository = f"{serve(tmp_path)}/orders"
    push.push_layout(image, f"{repository}:v1")
    pushed = push.push_layout(signed_once, f"{repository}:v1")
    assert (pushed.sent, pushed.skipped) == (4, 3)
    report = verify.verify_reference(f"{repository}:v1", str(key / keys.PUBLIC), cosign)
    assert report.problems == []


def test_a_blob_that_left_the_registry_is_named(
    signed_once: Path, tmp_path: Path, key: Path, cosign: Cosign, serve: Callable[[Path], str]
) -> None:
    """A signed image whose layer is gone from the registry is refused with the layer's digest."""
    host = serve(tmp_path)
    pushed = push.push_layout(signed_once, f"{host}/orders")
    manifest = Registry(host).manifest(Reference.parse(pushed.reference))
    layer = json.loads(manifest.content)["layers"][0]["digest"].removeprefix("sha256:")
    (tmp_path / "sha256" / layer).unlink()
    report = verify.verify_reference(pushed.reference, str(key / keys.PUBLIC), cosign)
    assert [(problem.what, problem.where) for problem in report.problems] == [
        ("blob is not in the registry", f"sha256:{layer}")
    ]


@pytest.mark.parametrize(
    "text",
    ["", "orders", "orders:v1", "UPPER.example.com/Orders", "a.example.com/x@sha256:12", "a.b/x:"],
)
def test_what_is_no_reference_is_an_input_error(text: str) -> None:
    """Text without a host, with capitals, half a digest or an empty tag is no reference."""
    with pytest.raises(InputError, match="is no image reference"):
        Reference.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "localhost/a",
        "localhost:5000/a/b:v1",
        "registry.example.com/a/b__c/d-e.f:V_1.2-x",
        f"10.0.0.1:5000/a:v1@sha256:{'0' * 64}",
        "[::1]:5000/a",
    ],
)
def test_a_reference_is_written_as_it_was_read(text: str) -> None:
    """Parsing and printing a reference gives the same text."""
    assert str(Reference.parse(text)) == text


def test_a_registry_that_is_not_there_is_an_environment_problem(
    signed_once: Path, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection names the host and gives a hint, after the tries are used up."""
    monkeypatch.setattr("paved.adapters.registry_http._ATTEMPTS", 2)
    with pytest.raises(EnvironmentProblem, match=rf"127.0.0.1:{unused_port}.*refused") as raised:
        push.push_layout(signed_once, f"127.0.0.1:{unused_port}/orders")
    assert raised.value.problems[0].hint


def test_an_image_that_is_not_there_is_an_input_error(
    registry: str, key: Path, cosign: Cosign
) -> None:
    """A tag that nobody pushed is an input error that names the reference."""
    with pytest.raises(InputError, match="there is no such image"):
        verify.verify_reference(f"{registry}/nobody/pushed:v1", str(key / keys.PUBLIC), cosign)


def test_signatures_of_another_image_do_not_verify_in_a_registry(
    signed_once: Path,
    tmp_path: Path,
    repository: str,
    make_image: Callable[..., Path],
    claims: Path,
    key: Path,
    other_key: Path,
    cosign: Cosign,
) -> None:
    """An image signed by someone else beside a well-signed one in one repository is refused."""
    push.push_layout(signed_once, repository)
    other = make_image(tmp_path / "other", b"other")
    sign.sign_layout(
        other,
        tmp_path / "signed",
        name="x",
        sbom=claims / "sbom.json",
        provenance=claims / "provenance.json",
        key=str(other_key / keys.PRIVATE),
        cosign=cosign,
    )
    pushed = push.push_layout(tmp_path / "signed", repository)
    report = verify.verify_reference(pushed.reference, str(key / keys.PUBLIC), cosign)
    assert len([check for check in report.checks if not check.passed]) == 3


def _fallback(reference: str) -> list[dict[str, object]]:
    place = Reference.parse(reference)
    stored = Registry(place.host).find_manifest(place.repository, place.digest.replace(":", "-"))
    assert stored is not None
    found: list[dict[str, object]] = json.loads(stored.content)["manifests"]
    return found


def test_the_layout_survives_another_program(
    signed_once: Path, repository: str, tmp_path: Path
) -> None:
    """crane pulls the pushed image with the same manifest digest, all layers checked."""
    crane = os.environ["PAVED_TOOL_CRANE"]
    pushed = push.push_layout(signed_once, f"{repository}:v1")
    subprocess.run(
        [crane, "pull", "--format=oci", f"{repository}:v1", str(tmp_path / "pulled")], check=True
    )
    index = json.loads((tmp_path / "pulled" / "index.json").read_bytes())
    assert pushed.reference.endswith(index["manifests"][0]["digest"])
    shutil.rmtree(tmp_path / "pulled")
