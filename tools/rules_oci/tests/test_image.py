"""What a layout holds, what its bytes depend on, and what is refused as a base."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oci_layout import digest, image, index
from oci_layout.errors import LayoutError
from oci_layout.image import based_on, scratch, write
from oci_layout.layout import blob_path, descriptor, digest_of, entry_point, read_blob
from oci_layout.settings import Settings

from rules_oci.tests.samples import AMD64, layer, manifest
from rules_oci.tests.samples import image as sample


def _config(root: Path) -> dict[str, object]:
    return dict(read_blob(root, descriptor(manifest(root)["config"], root)))


def test_every_blob_is_what_its_name_says(tmp_path: Path):
    """Each file below blobs/ has the digest that it is named by, links followed."""
    root = sample(tmp_path)
    blobs = list((root / "blobs" / "sha256").iterdir())
    assert [digest_of(blob.read_bytes()) for blob in blobs] == [f"sha256:{b.name}" for b in blobs]
    assert len(blobs) == 4
    assert json.loads((root / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_layers_are_relative_links_to_unchanged_files(tmp_path: Path):
    """No layer is copied: a link in the layout leads to the file, wherever both are moved."""
    (tmp_path / "a").mkdir()
    sample(tmp_path / "a")
    moved = (tmp_path / "a").rename(tmp_path / "b") / "image"
    blob = blob_path(moved, layer(tmp_path, "one").layer.digest)
    assert blob.readlink() == Path("../../../one.tar")
    assert blob.read_bytes() == (tmp_path / "b" / "one.tar").read_bytes()


@settings(deadline=None, max_examples=6)
@given(st.permutations(["one", "two", "three"]))
def test_layers_keep_their_order(tmp_path_factory: pytest.TempPathFactory, names: list[str]):
    """Manifest, diff ids and history name the layers in the order given."""
    folder = tmp_path_factory.mktemp("image")
    added = [layer(folder, name) for name in names]
    write(folder / "image", scratch(AMD64), added, Settings())
    config = _config(folder / "image")
    assert config["rootfs"] == {"type": "layers", "diff_ids": [one.layer.diff_id for one in added]}
    assert config["history"] == [
        {"created": image.EPOCH, "created_by": f"bazel build //app:{name}"} for name in names
    ]


def test_the_same_inputs_give_the_same_digest(tmp_path: Path):
    """Neither the folder nor the time gets into an image."""
    (tmp_path / "elsewhere").mkdir()
    settings_ = Settings(env=(("A", "1"),), labels=(("z", "1"), ("a", "2")))
    one, other = sample(tmp_path, "x", settings_), sample(tmp_path / "elsewhere", "y", settings_)
    assert entry_point(one) == entry_point(other)


def test_an_image_on_a_base_has_the_layers_of_both(tmp_path: Path):
    """Layers of the base come first, and their blobs are reachable in the new layout."""
    base = sample(tmp_path, settings=Settings(env=(("PATH", "/bin"),), cmd=["x"]))
    top = layer(tmp_path, "three")
    child = tmp_path / "child"
    write(child, based_on(base), [top], Settings(env=(("PATH", "/opt:$PATH"),)), (("k", "v"),))
    layers = manifest(child)["layers"]
    assert isinstance(layers, list)
    assert [blob_path(child, descriptor(item, child).digest).is_file() for item in layers] == [
        True
    ] * 3
    assert manifest(child)["annotations"] == {"k": "v"}
    assert _config(child)["config"] == {"Cmd": ["x"], "Env": ["PATH=/opt:/bin"]}


def test_the_command_line_sets_what_the_rule_gives(tmp_path: Path):
    """Each option of the module ends up in the config."""
    one = layer(tmp_path, "one")
    described = tmp_path / "one.json"
    described.write_text(
        json.dumps({name: getattr(one.layer, name) for name in one.layer.__slots__})
    )
    files = {
        "entrypoint": "/run\n",
        "env": "A=1",
        "created": "2026-01-02T03:04:05Z\n",
        "exposed_ports": "80/tcp",
    }
    options = [
        f"--output={tmp_path / 'image'}",
        "--platform",
        json.dumps(AMD64),
        "--user=65532",
        "--workdir=/app",
    ]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        options += [f"--{name}", str(tmp_path / name)]
    assert image.main([*options, "--layer", str(one.path), str(described), one.label]) == 0
    config = _config(tmp_path / "image")
    assert (config["created"], config["architecture"]) == ("2026-01-02T03:04:05Z", "amd64")
    assert config["config"] == {
        "Entrypoint": ["/run"],
        "Env": ["A=1"],
        "ExposedPorts": {"80/tcp": {}},
        "User": "65532",
        "WorkingDir": "/app",
    }


def test_an_index_names_each_image_with_its_platform(tmp_path: Path):
    """An index stands on its own and tells the platform of each manifest."""
    arm = {**AMD64, "architecture": "arm64", "variant": "v8"}
    write(tmp_path / "arm", scratch(arm), [layer(tmp_path, "arm")], Settings())
    images = [sample(tmp_path), tmp_path / "arm"]
    root = tmp_path / "index"
    (tmp_path / "notes").write_text("team=a\n")
    options = [f"--output={root}", f"--annotations={tmp_path / 'notes'}"]
    assert index.main([*options, *(f"--image={one}" for one in images)]) == 0
    found = read_blob(root, entry_point(root))
    assert isinstance(found["manifests"], list)
    assert [descriptor(one, root).extra["platform"] for one in found["manifests"]] == [AMD64, arm]
    assert found["annotations"] == {"team": "a"}
    assert not any(blob.is_symlink() for blob in (root / "blobs" / "sha256").iterdir())


def test_the_digest_file_names_the_manifest(tmp_path: Path):
    """The digest's file holds the manifest's digest on one line."""
    root, output = sample(tmp_path), tmp_path / "digest"
    assert digest.main([str(root), str(output)]) == 0
    assert output.read_text() == entry_point(root).digest + "\n"


def test_a_changed_base_is_refused(tmp_path: Path):
    """A base whose config no longer has its digest is refused."""
    root = sample(tmp_path)
    config = blob_path(root, descriptor(manifest(root)["config"], root).digest)
    config.write_bytes(config.read_bytes().replace(b"amd64", b"arm64"))
    with pytest.raises(LayoutError, match="digest is"):
        based_on(root)


@pytest.mark.parametrize("content", ["", "[]", '{"manifests": []}', '{"manifests": [{}]}'])
def test_a_folder_without_one_manifest_is_no_base(tmp_path: Path, content: str):
    """A folder that is not the layout of one image is refused, with the file's name."""
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(LayoutError, match=r"index\.json"):
        based_on(tmp_path)


def test_an_index_is_no_base(tmp_path: Path):
    """An image cannot start from an index, which holds several."""
    index.write(tmp_path / "index", [sample(tmp_path)])
    with pytest.raises(LayoutError, match="one OCI image was expected"):
        based_on(tmp_path / "index")


def test_a_missing_folder_is_no_base(tmp_path: Path):
    """A path without a layout is refused with a hint."""
    with pytest.raises(LayoutError, match="hint: give an oci_image target"):
        based_on(tmp_path / "nothing")
