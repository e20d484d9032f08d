"""Makes the layout of one image: a base or an empty start, layers on top, settings.

    python3 -m oci_layout.image --output DIR (--base DIR | --platform JSON) [OPTION...]

Layers, of the base too, are relative links to their files: nothing is copied.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from oci_layout import layer as layers
from oci_layout.errors import run
from oci_layout.layer import Layer
from oci_layout.layout import (
    CONFIG,
    MANIFEST,
    JsonObject,
    Writer,
    as_list,
    as_object,
    blob_path,
    decode,
    descriptor,
    image_manifest,
    read_blob,
)
from oci_layout.settings import Settings, apply, commas, lines, pairs

EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Added:
    """A layer to add: what it is, its file, and the label that it was built from."""

    layer: Layer
    path: Path
    label: str


@dataclass(frozen=True, slots=True)
class Start:
    """What the image starts from: a config, a manifest, and where the base's blobs are."""

    config: JsonObject
    manifest: JsonObject
    root: Path | None = None


def scratch(platform: JsonObject) -> Start:
    """Return the empty start for a platform (os, architecture, maybe variant)."""
    config: JsonObject = {
        **platform,
        "created": EPOCH,
        "config": {},
        "history": [],
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    return Start(config, {"schemaVersion": 2, "mediaType": MANIFEST, "layers": []})


def based_on(root: Path) -> Start:
    """Return the start from the image in the layout at `root`."""
    _, manifest = image_manifest(root)
    config = read_blob(root, descriptor(manifest.get("config"), root))
    return Start(config, manifest, root)


def with_layers(config: JsonObject, added: list[Added]) -> JsonObject:
    """Return an image's config with the diff ids and the history of `added` at the end."""
    rootfs = as_object(config.get("rootfs"), "rootfs")
    diff_ids = as_list(rootfs.get("diff_ids") or [], "rootfs.diff_ids")
    history = as_list(config.get("history") or [], "history")
    return {
        **config,
        "rootfs": {**rootfs, "diff_ids": [*diff_ids, *(item.layer.diff_id for item in added)]},
        "history": [*history, *map(_history, added)],
    }


def _history(item: Added) -> JsonObject:
    return {"created": EPOCH, "created_by": f"bazel build {item.label}"}


def write(
    root: Path,
    start: Start,
    added: list[Added],
    settings: Settings,
    annotations: tuple[tuple[str, str], ...] = (),
) -> str:
    """Write the layout to `root` and return the digest of the image's manifest."""
    writer = Writer(root)
    config = writer.put(CONFIG, apply(with_layers(start.config, added), settings))
    below = as_list(start.manifest["layers"], "layers")
    for item in below if start.root else []:
        digest = descriptor(item, "layers").digest
        writer.link(digest, blob_path(start.root or root, digest))
    for one in added:
        writer.link(one.layer.digest, one.path)
    manifest: JsonObject = {
        **start.manifest,
        "config": config.as_json(),
        "layers": [*below, *(_as_json(one.layer) for one in added)],
    }
    if annotations:
        manifest["annotations"] = {
            **as_object(manifest.get("annotations") or {}, "annotations"),
            **dict(annotations),
        }
    entry = writer.put(MANIFEST, manifest)
    writer.finish(entry)
    return entry.digest


def _as_json(layer: Layer) -> JsonObject:
    return {"mediaType": layer.media_type, "digest": layer.digest, "size": layer.size}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oci_layout.image", allow_abbrev=False)
    parser.add_argument("--output", type=Path, required=True)
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--base", type=Path)
    start.add_argument("--platform")
    parser.add_argument("--layer", nargs=3, action="append", default=[])
    for name in ("entrypoint", "cmd", "env", "labels", "annotations", "created"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("exposed_ports", "volumes"):
        parser.add_argument(f"--{name}", type=Path)
    for name in ("user", "workdir"):
        parser.add_argument(f"--{name}")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        entrypoint=lines(options.entrypoint) if options.entrypoint else None,
        cmd=lines(options.cmd) if options.cmd else None,
        env=pairs(options.env) if options.env else (),
        labels=pairs(options.labels) if options.labels else (),
        exposed_ports=commas(options.exposed_ports) if options.exposed_ports else (),
        volumes=commas(options.volumes) if options.volumes else (),
        user=options.user,
        workdir=options.workdir,
        created=options.created.read_text(encoding="utf-8").strip() if options.created else None,
    )


def main(arguments: list[str]) -> int:
    """Write the layout that the arguments describe."""
    options = _parser().parse_args(arguments)
    start = (
        based_on(options.base)
        if options.base
        else scratch(decode(options.platform.encode(), "--platform"))
    )
    added = [
        Added(layers.load(Path(described)), Path(path), label)
        for path, described, label in options.layer
    ]
    annotations = pairs(options.annotations) if options.annotations else ()
    write(options.output, start, added, _settings(options), annotations)
    return 0


if __name__ == "__main__":
    run(main)
