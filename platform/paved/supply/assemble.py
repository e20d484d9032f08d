"""Writes a signed layout: an image and its bundles, each bundle as a referrer of the image.

What it writes depends on its inputs alone. Blobs are copied without hashing them again, since
this runs after every edit; `paved.supply.layout` hashes every byte when it reads.
Standard library only.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from paved.errors import InputError, Problem
from paved.supply import canonical, media

Descriptor = Mapping[str, object]


def image_descriptor(layout: Path) -> Descriptor:
    """Return media type, digest and size of the one image in an OCI layout.

    Raises:
        InputError: `layout` is no OCI layout, or names no image or several.
    """
    document = _object(layout / "index.json")
    manifests = document.get("manifests")
    images = [
        entry
        for entry in (manifests if isinstance(manifests, list) else [])
        if isinstance(entry, dict) and "artifactType" not in entry
    ]
    if len(images) != 1 or images[0].get("mediaType") != media.MANIFEST:
        raise InputError(
            Problem(
                f"names {len(images)} images",
                where=str(layout / "index.json"),
                expected=f"one, of media type {media.MANIFEST}",
                hint="an index of several platforms is not signed as one; sign each image",
            )
        )
    return {key: images[0].get(key) for key in ("mediaType", "digest", "size")}


def assemble(image: Path, bundles: Sequence[tuple[str, Path]], out: Path) -> str:
    """Write a signed layout and return the image's digest.

    Args:
        image: an OCI layout folder with one image; other content of it is left behind.
        bundles: predicate type and bundle file, in the order the index shall have.
        out: an empty or new folder.

    Raises:
        InputError: an input is missing or is not what it has to be.
    """
    subject = image_descriptor(image)
    blobs = out / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for descriptor in _closure(image, subject):
        _copy(_blob(image, descriptor), _blob(out, descriptor))
    empty = _store(blobs, media.EMPTY_BLOB, media.EMPTY)
    entries = [subject]
    for predicate_type, path in bundles:
        bundle = _store(blobs, _read(path), media.BUNDLE)
        referrer = referrer_manifest(subject, bundle, empty, predicate_type)
        annotations = referrer["annotations"]
        stored = _store(blobs, canonical.encode(referrer), media.MANIFEST)
        entries.append({**stored, "artifactType": media.BUNDLE, "annotations": annotations})
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": entries}
    (out / "index.json").write_bytes(canonical.encode(index))
    version = {"imageLayoutVersion": media.LAYOUT_VERSION}
    (out / "oci-layout").write_bytes(canonical.encode(version))
    return str(subject["digest"])


def referrer_manifest(
    subject: Descriptor, bundle: Descriptor, empty: Descriptor, predicate_type: str
) -> Mapping[str, object]:
    """Return the manifest by which cosign finds `bundle` from `subject`.

    Args:
        subject: the image manifest's descriptor.
        bundle: the bundle blob's descriptor.
        empty: the empty config blob's descriptor.
        predicate_type: of the statement in the bundle.
    """
    return {
        "schemaVersion": 2,
        "mediaType": media.MANIFEST,
        "artifactType": media.BUNDLE,
        "config": empty,
        "layers": [bundle],
        "subject": subject,
        "annotations": {
            media.CONTENT_ANNOTATION: media.CONTENT_DSSE,
            media.PREDICATE_ANNOTATION: predicate_type,
        },
    }


def _closure(layout: Path, manifest: Descriptor) -> Sequence[Descriptor]:
    """Return the descriptors of an image's manifest, config and layers."""
    path = _blob(layout, manifest)
    document = _object(path)
    config = document.get("config")
    layers = document.get("layers")
    if not isinstance(config, dict) or not isinstance(layers, list):
        raise InputError(Problem("is no image manifest", where=str(path)))
    return [manifest, config, *layers]


def _blob(layout: Path, descriptor: Descriptor) -> Path:
    algorithm, _, value = str(descriptor.get("digest")).partition(":")
    if algorithm != "sha256" or not value.isalnum():
        raise InputError(
            Problem(
                f"names a blob by {descriptor.get('digest')!r}",
                where=str(layout),
                expected="a sha256 digest",
            )
        )
    return layout / "blobs" / algorithm / value


def _store(blobs: Path, content: bytes, media_type: str) -> Descriptor:
    name = canonical.digest(content)
    (blobs / name.removeprefix("sha256:")).write_bytes(content)
    return {"mediaType": media_type, "digest": name, "size": len(content)}


def _copy(source: Path, target: Path) -> None:
    """Copy a blob inside the kernel, sharing its storage where the file system can."""
    if target.exists():
        return
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            _send(reading.fileno(), writing.fileno())
    except OSError as error:
        with suppress(OSError):
            target.unlink()
        raise InputError(Problem(f"cannot be copied: {error}", where=str(source))) from error


def _send(reading: int, writing: int) -> None:
    left = os.fstat(reading).st_size
    while left:
        sent = os.copy_file_range(reading, writing, left)
        if not sent:
            raise OSError("it became shorter while it was read")
        left -= sent


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", where=str(path))) from error


def _object(path: Path) -> Mapping[str, object]:
    try:
        document = json.loads(_read(path))
    except ValueError as error:
        raise InputError(Problem(f"is no JSON: {error}", where=str(path))) from error
    if not isinstance(document, dict):
        raise InputError(Problem("is no JSON object", where=str(path)))
    return document
