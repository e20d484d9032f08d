"""Reading a layout and writing a signed one."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paved.errors import InputError
from paved.supply import assemble, canonical, layout, media
from paved.supply.testing import Workshop, flip, write_image

Document = dict[str, Any]


def test_what_was_written_is_read(shop: Workshop) -> None:
    """A signed layout has the image's own manifest digest and one referrer for each statement."""
    found = layout.read(shop.signed)
    assert [check for check in found.checks if not check.passed] == []
    assert found.image is not None
    assert found.image.descriptor.digest == assemble.image_descriptor(shop.image)["digest"]
    kinds = [referrer.predicate_type for referrer in found.referrers]
    assert kinds == list(media.REQUIRED_PREDICATES)


def test_the_same_inputs_give_the_same_bytes(shop: Workshop, tmp_path: Path) -> None:
    """Assembling twice from the same bundles gives the same files."""
    bundle = tmp_path / "bundle.json"
    bundle.write_text("{}")
    trees = []
    for name in ("one", "two"):
        assemble.assemble(shop.image, [(media.SIGNATURE, bundle)], tmp_path / name)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        trees.append([(str(p.relative_to(tmp_path / name)), p.read_bytes()) for p in files])
    assert trees[0] == trees[1]


def test_only_what_the_image_names_is_taken_along(shop: Workshop, tmp_path: Path) -> None:
    """A stray blob beside the image does not get into the signed layout."""
    source = tmp_path / "source"
    _copy(shop.image, source)
    stray = canonical.digest(b"stray").removeprefix("sha256:")
    (source / "blobs" / "sha256" / stray).write_bytes(b"stray")
    assemble.assemble(source, [], tmp_path / "out")
    assert not (tmp_path / "out" / "blobs" / "sha256" / stray).exists()


def test_an_index_of_two_images_is_not_signed(shop: Workshop, tmp_path: Path) -> None:
    """A layout with two images is an input error that says so."""
    _copy(shop.image, tmp_path / "two")
    index = json.loads((shop.image / "index.json").read_bytes())
    index["manifests"] *= 2
    (tmp_path / "two" / "index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="names 2 images"):
        assemble.image_descriptor(tmp_path / "two")


def test_a_missing_layer_is_named(shop: Workshop, tmp_path: Path) -> None:
    """Assembling from an image whose layer is missing names the blob."""
    _copy(shop.image, tmp_path / "source")
    manifest = _manifest(shop.image)
    layer = manifest["layers"][0]["digest"].removeprefix("sha256:")
    (tmp_path / "source" / "blobs" / "sha256" / layer).unlink()
    with pytest.raises(InputError, match=layer):
        assemble.assemble(tmp_path / "source", [], tmp_path / "out")


@pytest.mark.parametrize("missing", ["oci-layout", "index.json"])
def test_a_folder_that_is_no_layout_is_an_input_error(signed: Path, missing: str) -> None:
    """A folder without one of the two documents is no layout, which is not a refusal."""
    (signed / missing).unlink()
    with pytest.raises(InputError, match="is no OCI layout"):
        layout.read(signed)


def test_a_file_that_nothing_names_is_refused(signed: Path) -> None:
    """A blob with the right digest that no manifest names is a problem of its own."""
    name = canonical.digest(b"stowaway")
    (signed / "blobs" / "sha256" / name.removeprefix("sha256:")).write_bytes(b"stowaway")
    problems = [problem for check in layout.read(signed).checks for problem in check.problems]
    assert [(problem.what, problem.where) for problem in problems] == [
        ("is named by no manifest", name)
    ]


def test_every_byte_of_the_index_counts(signed: Path) -> None:
    """The index is signed by nothing, and yet no flipped bit of it goes unnoticed."""
    path = signed / "index.json"
    content = path.read_bytes()
    chance = random.Random(20)  # noqa: S311
    unnoticed = []
    for position in range(len(content)):
        path.write_bytes(content)
        flip(path, position, chance.randrange(8))
        if all(check.passed for check in layout.read(signed).checks):
            unnoticed.append(position)
    assert unnoticed == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_flipped_bit_is_traced_to_its_file(signed: Path, data: st.DataObject) -> None:
    """A flipped bit in any blob gives a problem that names that blob, with both digests."""
    path = data.draw(st.sampled_from(sorted((signed / "blobs" / "sha256").iterdir())))
    content = path.read_bytes()
    try:
        flip(path, data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7)))
        checks = layout.read(signed).checks
        found = canonical.file_digest(path)
    finally:
        path.write_bytes(content)
    problems = [problem for check in checks for problem in check.problems]
    assert any(
        problem.where == problem.expected == f"sha256:{path.name}" and found in problem.what
        for problem in problems
    )


def test_a_cut_blob_tells_both_sizes(signed: Path) -> None:
    """A blob that lost its last byte is reported with the size it has and the size it should."""
    layer = _manifest(signed)["layers"][1]
    path = signed / "blobs" / "sha256" / layer["digest"].removeprefix("sha256:")
    os.truncate(path, layer["size"] - 1)
    problems = [problem for check in layout.read(signed).checks for problem in check.problems]
    assert (f"blob has {layer['size'] - 1:,} bytes", f"{layer['size']:,}") in [
        (problem.what, problem.expected) for problem in problems
    ]


def test_all_problems_are_told_at_once(signed: Path) -> None:
    """Two damaged layers and a missing config give three problems in one reading."""
    manifest = _manifest(signed)
    for layer in manifest["layers"]:
        flip(signed / "blobs" / "sha256" / layer["digest"].removeprefix("sha256:"), 0)
    config = manifest["config"]["digest"]
    (signed / "blobs" / "sha256" / config.removeprefix("sha256:")).unlink()
    problems = [problem for check in layout.read(signed).checks for problem in check.problems]
    named = {problem.where for problem in problems}
    assert named == {config, *(layer["digest"] for layer in manifest["layers"])}


def test_a_config_of_other_layers_is_refused(tmp_path: Path) -> None:
    """A configuration whose diff_ids are not the plain layers' digests is a problem."""
    folder = write_image(tmp_path / "layout", b"one", b"two")
    manifest = _manifest(folder)
    config_path = folder / "blobs" / "sha256" / manifest["config"]["digest"][7:]
    config = json.loads(config_path.read_bytes())
    config["rootfs"]["diff_ids"].reverse()
    _replace_config(folder, manifest, canonical.encode(config))
    problems = [problem for check in layout.read(folder).checks for problem in check.problems]
    assert sum("config knows this layer as" in problem.what for problem in problems) == 2


def _copy(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


def _manifest(folder: Path) -> Document:
    digest = json.loads((folder / "index.json").read_bytes())["manifests"][0]["digest"]
    path = folder / "blobs" / "sha256" / digest.removeprefix("sha256:")
    manifest: Document = json.loads(path.read_bytes())
    return manifest


def _replace_config(folder: Path, manifest: Document, config: bytes) -> None:
    """Put another configuration under the same layers, all digests right."""
    blobs = folder / "blobs" / "sha256"
    digest = canonical.digest(config)
    (blobs / digest.removeprefix("sha256:")).write_bytes(config)
    manifest["config"] |= {"digest": digest, "size": len(config)}
    content = canonical.encode(manifest)
    (blobs / canonical.digest(content).removeprefix("sha256:")).write_bytes(content)
    index = json.loads((folder / "index.json").read_bytes())
    index["manifests"][0] |= {"digest": canonical.digest(content), "size": len(content)}
    (folder / "index.json").write_bytes(canonical.encode(index))
