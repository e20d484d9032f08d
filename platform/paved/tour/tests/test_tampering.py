"""What the tour does to images is what it says: one bit, or no signatures."""

import hashlib
import json
from pathlib import Path

import pytest

from paved.supply import canonical, layout, media
from paved.tour.steps.release import strip
from paved.tour.steps.sign import flip_a_byte

LAYERS = (b"base", b"wheels", b"application")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return a layout with one image of three layers."""
    folder = tmp_path / "image"
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def store(content: bytes, media_type: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    ids = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in LAYERS]
    config = {"architecture": "amd64", "os": "linux", "config": {}}
    config["rootfs"] = {"type": "layers", "diff_ids": ids}
    manifest = {
        "schemaVersion": 2,
        "mediaType": media.MANIFEST,
        "config": store(canonical.encode(config), "application/vnd.oci.image.config.v1+json"),
        "layers": [store(each, "application/vnd.oci.image.layer.v1.tar") for each in LAYERS],
    }
    entry = store(canonical.encode(manifest), media.MANIFEST)
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [entry]}
    (folder / "index.json").write_bytes(canonical.encode(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return folder


def bits_between(first: Path, second: Path) -> int:
    """Return how many bits differ between two folders' files of the same names."""
    names = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    assert names == [path.relative_to(second) for path in second.rglob("*") if path.is_file()]
    pairs = [((first / name).read_bytes(), (second / name).read_bytes()) for name in names]
    return sum((a ^ b).bit_count() for one, two in pairs for a, b in zip(one, two, strict=True))


def test_one_bit_is_flipped_in_the_copy_alone(image: Path, tmp_path: Path) -> None:
    """The copy differs by one bit, and the original is left as it was."""
    before = {path: path.read_bytes() for path in image.rglob("*") if path.is_file()}
    flip_a_byte(image, tmp_path / "tampered")
    assert {path: path.read_bytes() for path in before} == before
    assert bits_between(image, tmp_path / "tampered") == 1


def test_a_read_only_layout_can_be_copied_and_removed(image: Path, tmp_path: Path) -> None:
    """A layout as Bazel leaves it, without write permission, gives a copy that has it."""
    folders = [image, *(path for path in image.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    flip_a_byte(image, tmp_path / "tampered")
    for folder in folders:
        folder.chmod(0o755)
    copies = [tmp_path / "tampered", *(tmp_path / "tampered").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in copies if path.is_dir()} == {0o755}


def test_the_unsigned_image_is_whole_and_another(image: Path, tmp_path: Path) -> None:
    """The stripped layout is a sound image, with a digest of its own and no referrers."""
    digest = strip(image, tmp_path / "unsigned")
    found = layout.read(tmp_path / "unsigned")
    assert [problem for check in found.checks for problem in check.problems] == []
    assert found.image is not None
    assert found.image.descriptor.digest == digest
    assert found.referrers == ()
    original = json.loads((image / "index.json").read_text())["manifests"][0]["digest"]
    assert digest != original
