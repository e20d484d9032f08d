"""Makes the layout of an image index from the layouts of images, one per platform.

    python3 -m oci_layout.index --output DIR --image DIR... [--annotations FILE]

Blobs are copied, so that the layout stands on its own.
"""

import argparse
from pathlib import Path

from oci_layout.errors import run
from oci_layout.layout import (
    INDEX,
    Descriptor,
    JsonObject,
    Writer,
    as_list,
    blob_path,
    descriptor,
    image_manifest,
    read_blob,
)
from oci_layout.settings import pairs

PLATFORM = ("os", "architecture", "variant", "os.version", "os.features")


def write(root: Path, images: list[Path], annotations: tuple[tuple[str, str], ...] = ()) -> str:
    """Write the index of `images` to `root` and return its digest."""
    writer = Writer(root)
    index: JsonObject = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [_add(writer, image).as_json() for image in images],
    }
    if annotations:
        index["annotations"] = {**dict(annotations)}
    entry = writer.put(INDEX, index)
    writer.finish(entry)
    return entry.digest


def _add(writer: Writer, image: Path) -> Descriptor:
    """Copy one image's blobs; return its manifest's descriptor with the platform in it."""
    entry, manifest = image_manifest(image)
    config = descriptor(manifest.get("config"), image)
    layers = [descriptor(item, image) for item in as_list(manifest.get("layers"), image)]
    for blob in (entry, config, *layers):
        writer.copy(blob.digest, blob_path(image, blob.digest))
    settings = read_blob(image, config)
    platform: JsonObject = {key: settings[key] for key in PLATFORM if settings.get(key)}
    return Descriptor(
        entry.media_type, entry.digest, entry.size, {**entry.extra, "platform": platform}
    )


def main(arguments: list[str]) -> int:
    """Write the index that the arguments describe."""
    parser = argparse.ArgumentParser(prog="oci_layout.index", allow_abbrev=False)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--image", type=Path, action="append", required=True)
    parser.add_argument("--annotations", type=Path)
    options = parser.parse_args(arguments)
    annotations = pairs(options.annotations) if options.annotations else ()
    write(options.output, options.image, annotations)
    return 0


if __name__ == "__main__":
    run(main)
