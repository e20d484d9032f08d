"""Pushing a signed layout to a real registry, and stock cosign's word on what arrived."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from paved.adapters.cosign import Cosign
from paved.adapters.registry import Reference, Registry, Stored
from paved.adapters.tools import tool
from paved.errors import EnvironmentProblem, InputError, Refused
from paved.supply import canonical, media, push, verify
from paved.supply.testing import Workshop, flip, referrers, write_image


@pytest.fixture
def repository(registry: str) -> str:
    """Return a repository of the test's own."""
    return f"{registry}/team/{uuid4().hex}"


def _stock(cosign: Cosign, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(cosign.program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_stock_cosign_accepts_what_was_pushed(shop: Workshop, repository: str) -> None:
    """`cosign verify` and `verify-attestation` accept by the key that signed, by no other."""
    pushed = push.push_layout(shop.signed, f"{repository}:v1")
    for key, accepted in ((shop.public, True), (shop.other_public, False)):
        common = ["--new-bundle-format", "--key", key, "--insecure-ignore-tlog", pushed.reference]
        outcomes = [
            _stock(shop.cosign, "verify", *common),
            _stock(shop.cosign, "verify-attestation", "--type=cyclonedx", *common),
            _stock(shop.cosign, "verify-attestation", "--type=slsaprovenance1", *common),
        ]
        codes = [outcome.returncode == 0 for outcome in outcomes]
        assert codes == [accepted] * 3, [outcome.stderr for outcome in outcomes]


def test_an_image_in_a_registry_is_verified(shop: Workshop, repository: str) -> None:
    """A pushed image passes every check, by tag and by digest."""
    pushed = push.push_layout(shop.signed, f"{repository}:v1")
    for reference in (f"{repository}:v1", pushed.reference):
        report = verify.verify_reference(reference, shop.public, shop.cosign).require()
        assert pushed.reference.endswith(report.digest)
        names = [item.name for item in report.checks]
        assert names == ["image manifest", "blobs", "signature", "provenance", "SBOM"]


def test_another_key_is_refused_in_a_registry(shop: Workshop, repository: str) -> None:
    """Verifying a pushed image with another key refuses all three statements."""
    pushed = push.push_layout(shop.signed, repository)
    report = verify.verify_reference(pushed.reference, shop.other_public, shop.cosign)
    failed = [check.name for check in report.checks if not check.passed]
    assert failed == ["signature", "provenance", "SBOM"]


def test_an_unsigned_image_is_refused_in_a_registry(shop: Workshop, repository: str) -> None:
    """An image pushed without referrers lacks all three statements."""
    pushed = push.push_layout(shop.image, repository)
    assert pushed.referrers == 0
    with pytest.raises(Refused) as refusal:
        verify.verify_reference(pushed.reference, shop.public, shop.cosign).require()
    assert len(refusal.value.problems) == 3


def test_pushing_again_sends_nothing(
    shop: Workshop, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """A second push skips every blob and leaves one entry for each referrer."""
    repository = f"{serve(tmp_path)}/orders"
    first = push.push_layout(shop.signed, f"{repository}:v1")
    again = push.push_layout(shop.signed, f"{repository}:v1")
    assert (first.sent, first.skipped) == (7, 0)
    assert (again.sent, again.skipped, again.size) == (0, 7, 0)
    assert again.reference == first.reference
    assert len(_fallback(first.reference)) == 3


def test_what_others_attached_stays(shop: Workshop, repository: str) -> None:
    """An entry that another program put under the fallback tag is kept as it is."""
    place = Reference.parse(repository)
    pushed = push.push_layout(shop.signed, repository)
    digest = Reference.parse(pushed.reference).digest
    foreign = {
        "digest": f"sha256:{'d' * 64}",
        "size": 2,
        "mediaType": "x/y",
        "platform": {"os": ""},
    }
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [foreign]}
    registry = Registry(place.host)
    content = Stored(canonical.encode(index), media.INDEX)
    registry.put_manifest(place.repository, digest.replace(":", "-"), content)
    push.push_layout(shop.signed, repository)
    entries = _fallback(pushed.reference)
    assert entries[0] == foreign
    assert len(entries) == 4


def test_a_damaged_layout_is_not_pushed(signed: Path, repository: str) -> None:
    """A layout with one flipped bit is refused before anything reaches the registry."""
    bundle = referrers(signed)[media.SBOM][1]
    flip(signed / "blobs" / "sha256" / bundle.removeprefix("sha256:"), 7)
    with pytest.raises(Refused, match=bundle):
        push.push_layout(signed, f"{repository}:v1")
    place = Reference.parse(f"{repository}:v1")
    assert not Registry(place.host).has_manifest(place.repository, "v1")


def test_a_push_that_was_cut_short_is_completed(
    shop: Workshop, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """After a push of the image alone, pushing the signed layout adds what is missing."""
    repository = f"{serve(tmp_path)}/orders"
    push.push_layout(shop.image, f"{repository}:v1")
    pushed = push.push_layout(shop.signed, f"{repository}:v1")
    assert (pushed.sent, pushed.skipped) == (4, 3)
    report = verify.verify_reference(f"{repository}:v1", shop.public, shop.cosign)
    assert report.problems == []


def test_a_blob_that_left_the_registry_is_named(
    shop: Workshop, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """A signed image whose layer is gone from the registry is refused with the layer's digest."""
    host = serve(tmp_path)
    pushed = push.push_layout(shop.signed, f"{host}/orders")
    manifest = Registry(host).manifest(Reference.parse(pushed.reference))
    layer = json.loads(manifest.content)["layers"][0]["digest"].removeprefix("sha256:")
    (tmp_path / "sha256" / layer).unlink()
    report = verify.verify_reference(pushed.reference, shop.public, shop.cosign)
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
    shop: Workshop, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection names the host and gives a hint, after the tries are used up."""
    monkeypatch.setattr("paved.adapters.registry_http._ATTEMPTS", 2)
    with pytest.raises(EnvironmentProblem, match=rf"127.0.0.1:{unused_port}.*refused") as raised:
        push.push_layout(shop.signed, f"127.0.0.1:{unused_port}/orders")
    assert raised.value.problems[0].hint


def test_an_image_that_is_not_there_is_an_input_error(shop: Workshop, repository: str) -> None:
    """A tag that nobody pushed is an input error that names the reference."""
    with pytest.raises(InputError, match="there is no such image"):
        verify.verify_reference(f"{repository}:v1", shop.public, shop.cosign)


def test_what_someone_else_signed_is_refused_beside_it(
    shop: Workshop, tmp_path: Path, repository: str
) -> None:
    """An image signed by another key is refused in the repository of a well-signed one."""
    push.push_layout(shop.signed, repository)
    other = write_image(tmp_path / "other", b"other")
    signed = shop.sign(other, tmp_path / "signed", shop.other_key)
    pushed = push.push_layout(signed, repository)
    report = verify.verify_reference(pushed.reference, shop.public, shop.cosign)
    assert len([check for check in report.checks if not check.passed]) == 3


def test_another_program_pulls_the_same_image(
    shop: Workshop, repository: str, tmp_path: Path
) -> None:
    """What crane pulls has the manifest digest that was pushed, and the same layers."""
    pushed = push.push_layout(shop.signed, f"{repository}:v1")
    target = str(tmp_path / "pulled")
    command = [str(tool("crane")), "pull", "--format=oci", f"{repository}:v1", target]
    subprocess.run(command, check=True, capture_output=True)
    index = json.loads((tmp_path / "pulled" / "index.json").read_bytes())
    assert pushed.reference.endswith(index["manifests"][0]["digest"])
    ours, pulled = (
        {path.name for path in (folder / "blobs" / "sha256").iterdir()}
        for folder in (shop.image, tmp_path / "pulled")
    )
    assert pulled == ours


def _fallback(reference: str) -> list[dict[str, object]]:
    place = Reference.parse(reference)
    stored = Registry(place.host).find_manifest(place.repository, place.digest.replace(":", "-"))
    assert stored is not None
    found: list[dict[str, object]] = json.loads(stored.content)["manifests"]
    return found
