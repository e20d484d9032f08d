"""Packs a layout as a tar that `docker load` takes: Docker's format, or OCI's for an index.

python3 -m oci_layout.tarball --image DIR --tags FILE --format FORMAT OUTPUT
"""

import argparse
import io
import tarfile
from pathlib import Path
from typing import IO

from oci_layout.errors import LayoutError, run
from oci_layout.layout import (
    INDEX,
    MANIFEST,
    JsonObject,
    as_list,
    blob_path,
    descriptor,
    encode,
    entry_point,
    image_manifest,
    read_blob,
)
from oci_layout.settings import lines

REF_NAME = "org.opencontainers.image.ref.name"
FORMATS = {"docker": MANIFEST, "oci": INDEX}
Members = dict[str, bytes | Path]


def members(image: Path, tags: list[str], form: str) -> Members:
    """Return the tar's content, by name, for the layout at `image`: bytes, or a file's path."""
    found = entry_point(image).media_type
    if found != FORMATS[form]:
        kind = {MANIFEST: "an oci_image", INDEX: "an oci_image_index"}
        hint = f"format {form!r} packs {kind[FORMATS[form]]}"
        raise LayoutError(image, f"this is {kind.get(found, found)}", hint)
    return _docker(image, tags) if form == "docker" else _oci(image, tags)


def _docker(image: Path, tags: list[str]) -> Members:
    """Return manifest.json and the blobs that it names."""
    _, manifest = image_manifest(image)
    config = descriptor(manifest.get("config"), image).digest
    layers = _layers(image, manifest)
    entry: JsonObject = {
        "Config": _name(config),
        "RepoTags": [*tags],
        "Layers": [_name(digest) for digest in layers],
    }
    listing = b"[" + encode(entry) + b"]"
    return {"manifest.json": listing, **_blobs(image, [config, *layers])}


def _oci(image: Path, tags: list[str]) -> Members:
    """Return an OCI layout with one entry in index.json for each tag."""
    entry = entry_point(image)
    index = read_blob(image, entry)
    digests = [entry.digest]
    for item in as_list(index.get("manifests"), image):
        one = descriptor(item, image)
        manifest = read_blob(image, one)
        config = descriptor(manifest.get("config"), image).digest
        digests += [one.digest, config, *_layers(image, manifest)]
    tagged: JsonObject = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [{**entry.as_json(), "annotations": {REF_NAME: tag}} for tag in tags]
        or [entry.as_json()],
    }
    layout = (image / "oci-layout").read_bytes()
    return {"index.json": encode(tagged), "oci-layout": layout, **_blobs(image, digests)}


def _layers(image: Path, manifest: JsonObject) -> list[str]:
    found = as_list(manifest.get("layers"), image)
    return [descriptor(item, image).digest for item in found]


def _name(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _blobs(image: Path, digests: list[str]) -> Members:
    return {_name(digest): blob_path(image, digest) for digest in digests}


def pack(content: Members, output: IO[bytes]) -> None:
    """Write a tar of `content`, the same bytes for the same content."""
    with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, source in sorted(content.items()):
            info = tarfile.TarInfo(name)
            info.mode = 0o644
            if isinstance(source, bytes):
                info.size = len(source)
                tar.addfile(info, io.BytesIO(source))
            else:
                info.size = source.stat().st_size
                with source.open("rb") as file:
                    tar.addfile(info, file)


def main(arguments: list[str]) -> int:
    """Write the tar that the arguments describe."""
    parser = argparse.ArgumentParser(prog="oci_layout.tarball", allow_abbrev=False)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--tags", type=Path, required=True)
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("output", type=Path)
    options = parser.parse_args(arguments)
    content = members(options.image, lines(options.tags), options.format)
    with options.output.open("wb") as output:
        pack(content, output)
    return 0


if __name__ == "__main__":
    run(main)
