"""Images made with @rules_oci: what the layouts hold, and that stock crane takes them."""

import gzip
import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CRANE = os.environ["PAVED_TOOL_CRANE"]
APP, BOTH = Path(os.environ["APP"]), Path(os.environ["BOTH"])
EPOCH = "1970-01-01T00:00:00Z"


def _entry(layout: Path) -> dict[str, Any]:
    (entry,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    return dict(entry)


def _blob(layout: Path, descriptor: dict[str, Any]) -> bytes:
    data = (layout / "blobs" / str(descriptor["digest"]).replace(":", "/")).read_bytes()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"]
    assert len(data) == descriptor["size"]
    return data


def _manifest() -> dict[str, Any]:
    return dict(json.loads(_blob(APP, _entry(APP))))


def _config() -> dict[str, Any]:
    return dict(json.loads(_blob(APP, _manifest()["config"])))


def _crane(*arguments: str) -> str:
    return subprocess.run([CRANE, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """Serve an empty registry and yield its address."""
    command = [CRANE, "registry", "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = next(line for line in server.stderr if "serving on port" in line)
        yield "127.0.0.1:" + address.split()[-1]
        server.terminate()


def test_settings_are_in_the_config() -> None:
    """Each attribute is where the specification has it, merged with the base's."""
    assert _config()["config"] == {
        "Entrypoint": ["/bin/app", "with, comma", "two\nlines"],
        "Env": ["PATH=/opt/bin:/usr/bin", "NEW=x=/opt/bin:/usr/bin"],
        "ExposedPorts": {"53/udp": {}, "8080/tcp": {}},
        "Labels": {"org.example.kind": "base=true"},
        "User": "65532",
        "Volumes": {"/data": {}},
        "WorkingDir": "/srv",
    }
    assert (_config()["os"], _config()["architecture"]) == ("linux", "amd64")
    assert _manifest()["annotations"] == {"org.example.note": "a, b"}


def test_layers_of_the_base_come_first_and_unchanged() -> None:
    """A plain tar stays plain and a gzip stays the gzip that it was; diff ids are of the tars."""
    layers = _manifest()["layers"]
    media_type = "application/vnd.oci.image.layer.v1.tar"
    assert [layer["mediaType"] for layer in layers] == [media_type, media_type + "+gzip"]
    plain, packed = (_blob(APP, layer) for layer in layers)
    digests = [hashlib.sha256(tar).hexdigest() for tar in (plain, gzip.decompress(packed))]
    assert _config()["rootfs"]["diff_ids"] == [f"sha256:{digest}" for digest in digests]
    assert (b"etc/one" in plain, b"etc/two" in gzip.decompress(packed)) == (True, True)


def test_no_clock_gets_into_an_image() -> None:
    """The creation time is the one given, and each layer's entry in the history is at 1970."""
    assert _config()["created"].strip() == "2026-01-02T03:04:05Z"
    history = _config()["history"]
    assert [entry["created"] for entry in history] == [EPOCH, EPOCH]
    assert [entry["created_by"].rpartition(":")[2] for entry in history] == ["one", "two"]


@pytest.mark.parametrize(("layout", "variable"), [(APP, "APP_DIGEST"), (BOTH, "BOTH_DIGEST")])
def test_the_digest_is_a_target_of_its_own(layout: Path, variable: str) -> None:
    """`<name>.digest` is the file `<name>.json.sha256` with the digest in it."""
    path = Path(os.environ[variable])
    assert path.name == f"{layout.name}.json.sha256"
    assert path.read_text().strip() == _entry(layout)["digest"]


def test_an_index_tells_the_platforms() -> None:
    """An index names both images, each with its platform."""
    manifests = json.loads(_blob(BOTH, _entry(BOTH)))["manifests"]
    assert [manifest["platform"] for manifest in manifests] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]
    assert manifests[0]["digest"] == _entry(APP)["digest"]


def test_the_tarball_is_one_that_engines_load() -> None:
    """Stock crane finds the tarball valid, under the tag that it was given."""
    tarball = os.environ["TARBALL"]
    assert "PASS" in _crane("validate", "--tarball", tarball)
    with tarfile.open(tarball) as tar:
        listing = tar.extractfile("manifest.json")
        assert listing is not None
        assert json.load(listing)[0]["RepoTags"] == ["base:1"]


def test_push_brings_image_and_tags(registry: str) -> None:
    """The push target takes another repository and further tags; the registry has the digest."""
    repository = f"{registry}/team/app"
    push = [os.environ["PUSH"], "--repository", repository, "--tag", "extra", "--insecure"]
    subprocess.run(push, check=True)
    tags = _crane("ls", repository).split()
    assert {"1.0", "stable", "extra"} <= set(tags)
    digests = {_crane("digest", f"{repository}:{tag}").strip() for tag in ("1.0", "extra")}
    assert digests == {_entry(APP)["digest"]}
    assert "PASS" in _crane("validate", "--fast", "--remote", f"{repository}:1.0")


def test_an_index_can_be_pushed(registry: str) -> None:
    """Stock crane pushes the index's layout with everything that it names."""
    _crane("push", str(BOTH), f"{registry}/team/both:1")
    assert "PASS" in _crane("validate", "--fast", "--remote", f"{registry}/team/both:1")
