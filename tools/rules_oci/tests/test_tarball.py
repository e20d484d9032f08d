"""The tar that a container engine loads."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from oci_layout import index
from oci_layout.errors import LayoutError
from oci_layout.layout import digest_of
from oci_layout.tarball import REF_NAME, main, members, pack

from rules_oci.tests.samples import image


def _packed(root: Path, tags: list[str], form: str) -> bytes:
    output = io.BytesIO()
    pack(members(root, tags, form), output)
    return output.getvalue()


def _content(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        opened = {info.name: tar.extractfile(info) for info in tar}
        return {name: file.read() for name, file in opened.items() if file}


def test_dockers_format_names_config_layers_and_tags(tmp_path: Path):
    """manifest.json names files that are there and have the digest of their name."""
    content = _content(_packed(image(tmp_path), ["app:1", "app:2"], "docker"))
    (entry,) = json.loads(content["manifest.json"])
    assert entry["RepoTags"] == ["app:1", "app:2"]
    named = [entry["Config"], *entry["Layers"]]
    assert sorted(named) == sorted(set(content) - {"manifest.json"})
    assert [digest_of(content[name]) for name in named] == [
        "sha256:" + name.rpartition("/")[2] for name in named
    ]


def test_ocis_format_has_an_entry_for_each_tag(tmp_path: Path):
    """An index is packed whole, and index.json points at it once for each tag."""
    index.write(tmp_path / "index", [image(tmp_path)])
    content = _content(_packed(tmp_path / "index", ["app:1", "app:2"], "oci"))
    entries = json.loads(content["index.json"])["manifests"]
    assert [entry["annotations"][REF_NAME] for entry in entries] == ["app:1", "app:2"]
    assert {"blobs/" + entry["digest"].replace(":", "/") for entry in entries} <= set(content)
    assert len([name for name in content if name.startswith("blobs/")]) == 5


def test_the_same_image_gives_the_same_tar(tmp_path: Path):
    """Times, owners and the order of a folder do not get into the tar."""
    (tmp_path / "other").mkdir()
    one, other = image(tmp_path), image(tmp_path / "other")
    assert _packed(one, ["a:1"], "docker") == _packed(other, ["a:1"], "docker")


@pytest.mark.parametrize(("form", "of_index"), [("oci", False), ("docker", True)])
def test_the_other_kind_is_refused(tmp_path: Path, form: str, *, of_index: bool):
    """Each format packs one kind of target, and the message tells which."""
    root = image(tmp_path)
    if of_index:
        index.write(tmp_path / "index", [root])
        root = tmp_path / "index"
    with pytest.raises(LayoutError, match=f"format '{form}' packs an oci_image"):
        members(root, [], form)


def test_the_action_writes_the_tar(tmp_path: Path):
    """The module's command line packs a layout with the tags of a file."""
    root, tags, output = image(tmp_path), tmp_path / "tags.txt", tmp_path / "out.tar"
    tags.write_text("app:1\n")
    arguments = ["--image", str(root), "--tags", str(tags), "--format", "docker", str(output)]
    assert main(arguments) == 0
    assert output.read_bytes() == _packed(root, ["app:1"], "docker")
