"""An OCI image layout on disk: blobs by digest, and the index.json that names the entry points.

JSON is written sorted and without spaces, so that equal content has equal digests.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from oci_layout.errors import LayoutError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to a blob: media type, digest (`sha256:<hex>`), size in bytes, and the rest."""

    media_type: str
    digest: str
    size: int
    extra: JsonObject = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        """Return the descriptor as the specification writes it."""
        own: JsonObject = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        return {**self.extra, **own}


def encode(value: JsonObject) -> bytes:
    """Return `value` as sorted, compact JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(data: bytes, where: object) -> JsonObject:
    """Return the JSON object in `data`, which was found at `where`."""
    try:
        value: Json = json.loads(data)
    except ValueError as error:
        raise LayoutError(where, f"not JSON: {error}") from error
    return as_object(value, where)


def as_object(value: Json, where: object) -> JsonObject:
    """Return `value` when it is a JSON object."""
    if not isinstance(value, dict):
        raise LayoutError(where, "a JSON object was expected")
    return value


def as_list(value: Json, where: object) -> list[Json]:
    """Return `value` when it is a JSON array."""
    if not isinstance(value, list):
        raise LayoutError(where, "a JSON array was expected")
    return value


def digest_of(data: bytes) -> str:
    """Return the digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(value: Json, where: object) -> Descriptor:
    """Return the descriptor that a manifest or an index at `where` holds."""
    fields = dict(as_object(value, where))
    media_type, digest, size = (fields.pop(key, None) for key in ("mediaType", "digest", "size"))
    if not isinstance(media_type, str) or not isinstance(digest, str) or not isinstance(size, int):
        raise LayoutError(where, "a descriptor lacks its media type, digest or size")
    return Descriptor(media_type, digest, size, fields)


def blob_path(root: Path, digest: str) -> Path:
    """Return where the layout at `root` keeps the blob `digest`."""
    algorithm, _, value = digest.partition(":")
    return root / "blobs" / algorithm / value


def read_blob(root: Path, wanted: Descriptor) -> JsonObject:
    """Return the JSON blob `wanted` of the layout at `root`, its digest checked."""
    path = blob_path(root, wanted.digest)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise LayoutError(path, "the layout names this blob but does not have it") from error
    if digest_of(data) != wanted.digest:
        raise LayoutError(path, f"the content's digest is {digest_of(data)}")
    return decode(data, path)


def entry_point(root: Path) -> Descriptor:
    """Return the one manifest (of an image or an index) that the layout at `root` is about."""
    path = root / "index.json"
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LayoutError(root, "not an OCI image layout", "give an oci_image target") from error
    manifests = as_list(decode(data, path).get("manifests"), path)
    if len(manifests) != 1:
        raise LayoutError(path, f"one manifest was expected, {len(manifests)} are there")
    return descriptor(manifests[0], path)


def image_manifest(root: Path) -> tuple[Descriptor, JsonObject]:
    """Return the descriptor and manifest of the single image in the layout at `root`."""
    found = entry_point(root)
    if found.media_type != MANIFEST:
        raise LayoutError(root, f"one OCI image was expected, not {found.media_type}")
    return found, read_blob(root, found)


class Writer:
    """Fills the folder `root` (there and empty, or absent) with a layout."""

    def __init__(self, root: Path) -> None:
        """Make the folders and the file that marks a layout."""
        self.root = root
        (root / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        (root / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))

    def put(self, media_type: str, value: JsonObject) -> Descriptor:
        """Add a JSON blob and return its descriptor."""
        data = encode(value)
        digest = digest_of(data)
        blob_path(self.root, digest).write_bytes(data)
        return Descriptor(media_type, digest, len(data))

    def link(self, digest: str, source: Path) -> None:
        """Add the blob `digest` as a relative link to the file `source`, wherever that leads."""
        place = blob_path(self.root, digest)
        if not place.is_symlink():
            place.symlink_to(os.path.relpath(source, place.parent))

    def copy(self, digest: str, source: Path) -> None:
        """Add the blob `digest` as a copy of the file `source`."""
        place = blob_path(self.root, digest)
        if not place.exists():
            shutil.copyfile(source, place)

    def finish(self, entry: Descriptor) -> None:
        """Write index.json with `entry` as the layout's one entry point."""
        index: JsonObject = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [entry.as_json()],
        }
        (self.root / "index.json").write_bytes(encode(index))
