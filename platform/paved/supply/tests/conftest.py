"""Real parts for these tests: stock cosign, key pairs, a small image, a registry on loopback."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from paved.adapters.cosign import Cosign
from paved.adapters.tools import tool
from paved.supply import canonical, keys, media, sign
from paved.supply.claims import bill, provenance, sbom

NAME = "//orders:image"


@pytest.fixture(scope="session")
def cosign() -> Cosign:
    """Return stock cosign."""
    return Cosign(tool("cosign"))


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory, cosign: Cosign) -> Path:
    """Return a folder with a key pair."""
    folder = tmp_path_factory.mktemp("keys") / "one"
    keys.ensure_development_key(folder, cosign)
    return folder


@pytest.fixture(scope="session")
def other_key(tmp_path_factory: pytest.TempPathFactory, cosign: Cosign) -> Path:
    """Return a folder with another key pair."""
    folder = tmp_path_factory.mktemp("keys") / "two"
    keys.ensure_development_key(folder, cosign)
    return folder


def write_image(folder: Path, *contents: bytes) -> Path:
    """Write an OCI layout with one image, one plain layer for each of `contents`."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def store(content: bytes, media_type: str) -> dict[str, object]:
        digest = canonical.digest(content)
        (blobs / digest.removeprefix("sha256:")).write_bytes(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    layers = [store(_tar(content), media.LAYERS[0]) for content in contents]
    rootfs = {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}
    manifest = {
        "schemaVersion": 2,
        "mediaType": media.MANIFEST,
        "config": store(canonical.encode(config), media.CONFIG),
        "layers": layers,
    }
    entry = store(canonical.encode(manifest), media.MANIFEST)
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [entry]}
    (folder / "index.json").write_bytes(canonical.encode(index))
    (folder / "oci-layout").write_bytes(canonical.encode({"imageLayoutVersion": "1.0.0"}))
    return folder


def _tar(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("app/file")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def make_image() -> Callable[..., Path]:
    """Return the function that writes an image: folder, then one content for each layer."""
    return write_image


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a layout with an unsigned image of two layers."""
    return write_image(tmp_path_factory.mktemp("image") / "layout", b"base", b"application")


@pytest.fixture(scope="session")
def claims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with sbom.json and provenance.json."""
    folder = tmp_path_factory.mktemp("claims")
    lock = folder / "requirements.lock"
    lock.write_text("anyio==4.16.0 \\\n    --hash=sha256:" + "ab" * 32 + "\n")
    service = bill.Component(bill.Kind.SERVICE, "orders", "0.1.0", needs=("wheel:anyio",))
    wheel = bill.Component(bill.Kind.WHEEL, "anyio", "4.16.0", ("ab" * 32,))
    (folder / "sbom.json").write_bytes(sbom.make(bill.Bill(service, (wheel,))))
    build = provenance.Build(NAME, {"paved": "0.1.0"}, {"requirements.lock": lock}, "c" * 40)
    (folder / "provenance.json").write_bytes(canonical.encode(provenance.predicate(build)))
    return folder


@pytest.fixture(scope="session")
def signed_once(
    tmp_path_factory: pytest.TempPathFactory, image: Path, claims: Path, key: Path, cosign: Cosign
) -> Path:
    """Return a signed layout that no test changes."""
    out = tmp_path_factory.mktemp("signed") / "layout"
    sign.sign_layout(
        image,
        out,
        name=NAME,
        sbom=claims / "sbom.json",
        provenance=claims / "provenance.json",
        key=str(key / keys.PRIVATE),
        cosign=cosign,
    )
    return out


@pytest.fixture
def signed(signed_once: Path, tmp_path: Path) -> Path:
    """Return a signed layout that the test may change."""
    return Path(shutil.copytree(signed_once, tmp_path / "signed"))


@contextmanager
def _serving(*options: str) -> Iterator[str]:
    command = [str(tool("crane")), "registry", "serve", "--address", "127.0.0.1:0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stderr is not None
            lines = (re.search(r"port (\d+)", line) for line in process.stderr)
            found = next((match for match in lines if match), None)
            assert found, "the registry did not start"
            Thread(target=deque, args=(process.stderr, 0), daemon=True).start()
            yield f"127.0.0.1:{found[1]}"
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """Serve a registry on a free loopback port and return its host and port."""
    with _serving() as host:
        yield host


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Return the function that serves an empty registry, whose blobs lie in `sha256/` of a folder."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(_serving("--disk", str(folder)))


@pytest.fixture
def unused_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def referrers() -> Callable[[Path], dict[str, tuple[str, str]]]:
    """Return the function that finds a signed layout's referrers."""
    return referrer_blobs


def referrer_blobs(layout: Path) -> dict[str, tuple[str, str]]:
    """Return, by predicate type, the digests of the referrer's manifest and of its bundle."""
    index = json.loads((layout / "index.json").read_bytes())
    found = {}
    for entry in index["manifests"][1:]:
        path = layout / "blobs" / "sha256" / entry["digest"].removeprefix("sha256:")
        bundle = json.loads(path.read_bytes())["layers"][0]["digest"]
        kind = entry["annotations"][media.PREDICATE_ANNOTATION]
        found[kind] = (entry["digest"], bundle)
    return found
