"""Real parts for tests: small images, key pairs and signed layouts made by stock cosign.

Nothing here is imported outside tests.
"""

import base64
import io
import json
import re
import subprocess
import tarfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from paved.adapters.cosign import Cosign
from paved.adapters.tools import tool
from paved.supply import assemble, canonical, keys, media, sign
from paved.supply.claims import bill, provenance, sbom

NAME = "//orders:image"


@dataclass(frozen=True, slots=True)
class Workshop:
    """A folder with two key pairs, an unsigned image of two layers, and claims about it."""

    folder: Path
    cosign: Cosign

    @classmethod
    def open(cls, folder: Path) -> "Workshop":
        """Furnish an empty folder."""
        workshop = cls(folder, Cosign(tool("cosign")))
        for key in (workshop.key, workshop.other_key):
            keys.ensure_development_key(key.parent, workshop.cosign)
        write_image(workshop.image, b"base", b"application")
        _write_claims(workshop.sbom, workshop.provenance, folder / "requirements.lock")
        workshop.sign(workshop.image, workshop.signed)
        return workshop

    @property
    def key(self) -> Path:
        """The private key that signs; its public half lies beside it."""
        return self.folder / "one" / keys.PRIVATE

    @property
    def other_key(self) -> Path:
        """A private key that signed nothing."""
        return self.folder / "two" / keys.PRIVATE

    @property
    def public(self) -> str:
        """The public half of the key that signs."""
        return str(self.key.with_suffix(".pub"))

    @property
    def other_public(self) -> str:
        """The public half of the other key."""
        return str(self.other_key.with_suffix(".pub"))

    @property
    def image(self) -> Path:
        """The unsigned image's layout."""
        return self.folder / "image"

    @property
    def signed(self) -> Path:
        """The signed layout, not to be changed."""
        return self.folder / "signed"

    @property
    def sbom(self) -> Path:
        """A CycloneDX document of one component."""
        return self.folder / "sbom.json"

    @property
    def provenance(self) -> Path:
        """A provenance predicate."""
        return self.folder / "provenance.json"

    def sign(self, image: Path, out: Path, key: Path | None = None) -> Path:
        """Sign an image with this workshop's claims and return the signed layout."""
        sign.sign_layout(
            image,
            out,
            name=NAME,
            sbom=self.sbom,
            provenance=self.provenance,
            key=str(key or self.key),
            cosign=self.cosign,
        )
        return out

    def attest(self, kind: str, predicate: object, scratch: Path) -> bytes:
        """Return a bundle with any predicate about the image."""
        path = scratch / "predicate.json"
        path.write_text(json.dumps(predicate))
        key = str(self.key)
        return sign.attest(self.image, kind, path, name=NAME, key=key, cosign=self.cosign)

    def bundles(self) -> dict[str, bytes]:
        """Return the signed layout's bundles by predicate type."""
        blobs = self.signed / "blobs" / "sha256"
        found = referrers(self.signed)
        return {kind: (blobs / bundle[7:]).read_bytes() for kind, (_, bundle) in found.items()}


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


def assembled(image: Path, bundles: Mapping[str, bytes], scratch: Path) -> Path:
    """Return a layout of `image` with any bundles, made below `scratch`."""
    files = []
    for number, (kind, content) in enumerate(bundles.items()):
        path = scratch / f"{number}.json"
        path.write_bytes(content)
        files.append((kind, path))
    assemble.assemble(image, files, scratch / "assembled")
    return scratch / "assembled"


def renamed_subject(bundle: bytes) -> bytes:
    """Return a bundle whose statement was changed after it was signed."""
    document = json.loads(bundle)
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    statement["subject"][0]["name"] = "//another:image"
    payload = base64.b64encode(canonical.encode(statement)).decode()
    document["dsseEnvelope"]["payload"] = payload
    return canonical.encode(document)


def referrers(layout: Path) -> dict[str, tuple[str, str]]:
    """Return, by predicate type, the digests of each referrer's manifest and of its bundle."""
    index = json.loads((layout / "index.json").read_bytes())
    found = {}
    for entry in index["manifests"][1:]:
        path = layout / "blobs" / "sha256" / entry["digest"].removeprefix("sha256:")
        bundle = json.loads(path.read_bytes())["layers"][0]["digest"]
        kind = entry["annotations"][media.PREDICATE_ANNOTATION]
        found[kind] = (entry["digest"], bundle)
    return found


def flip(path: Path, position: int, bit: int = 0) -> None:
    """Flip one bit of a file."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    path.write_bytes(content)


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Serve a registry on a free loopback port and give its host and port.

    Args:
        options: further ones of `crane registry serve`, such as --disk.

    Raises:
        RuntimeError: it does not start.
    """
    command = [str(tool("crane")), "registry", "serve", "--address", "127.0.0.1:0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr or ()
            found = next((match for line in said if (match := _PORT.search(line))), None)
            if found is None:
                raise RuntimeError(command)
            Thread(target=deque, args=(said, 0), daemon=True).start()
            yield f"127.0.0.1:{found[1]}"
        finally:
            process.terminate()


_PORT = re.compile(r"serving on port (\d+)")


def _tar(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("app/file")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _write_claims(sbom_file: Path, provenance_file: Path, lock: Path) -> None:
    lock.write_text("anyio==4.16.0 \\\n    --hash=sha256:" + "ab" * 32 + "\n")
    service = bill.Component(bill.Kind.SERVICE, "orders", "0.1.0", needs=("wheel:anyio",))
    wheel = bill.Component(bill.Kind.WHEEL, "anyio", "4.16.0", ("ab" * 32,))
    sbom_file.write_bytes(sbom.make(bill.Bill(service, (wheel,))))
    build = provenance.Build(NAME, {"paved": "0.1.0"}, {"requirements.lock": lock}, "c" * 40)
    provenance_file.write_bytes(canonical.encode(provenance.predicate(build)))
