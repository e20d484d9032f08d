"""Reads a signed layout strictly: each file is named by a document and has the digest it names.

Reading collects all problems and never stops at the first. Whether the signatures hold is
`paved.supply.verify`'s business.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from paved.errors import InputError, Problem
from paved.supply import canonical, media, oci
from paved.supply.report import Check, gather

DOCUMENT_LIMIT: Final = 4 * 2**20
"""Bytes a manifest may have; the limit that the distribution specification names."""


@dataclass(frozen=True, slots=True)
class Referrer:
    """A bundle beside the image: its manifest's descriptor, predicate type and content."""

    descriptor: oci.Descriptor
    manifest: oci.Manifest
    predicate_type: str
    bundle: bytes


@dataclass(frozen=True, slots=True)
class Image:
    """The image: its manifest's descriptor, the manifest and its configuration."""

    descriptor: oci.Descriptor
    manifest: oci.Manifest


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout as it was read: what could be read of it, and the checks made on the way."""

    folder: Path
    image: Image | None
    referrers: tuple[Referrer, ...]
    checks: tuple[Check, ...]


def blob_path(folder: Path, descriptor: oci.Descriptor) -> Path:
    """Return where a layout keeps a blob."""
    return folder / "blobs" / "sha256" / descriptor.hexadecimal


def read(folder: Path) -> Layout:
    """Read the signed layout in `folder`, hashing every byte of it.

    Raises:
        InputError: `folder` is no OCI layout at all. What is wrong inside one is in the checks.
    """
    if not (folder / "oci-layout").is_file() or not (folder / "index.json").is_file():
        raise InputError(
            Problem(
                "is no OCI layout",
                where=str(folder),
                expected="a folder with oci-layout, index.json and blobs/",
            )
        )
    return _Reader(folder).read()


@dataclass(slots=True)
class _Reader:
    folder: Path
    seen: set[Path] = field(default_factory=set)

    def read(self) -> Layout:
        problems: list[Problem] = []
        index = self._index(problems)
        entries = index.manifests if index else []
        images = [entry for entry in entries if entry.artifact_type is None]
        if index and len(images) != 1:
            what = f"names {len(images)} images"
            where = str(self.folder / "index.json")
            problems.append(Problem(what, where=where, expected="one"))
        checks = [gather("index", f"{len(entries)} manifests", problems)]
        image, image_checks = self._image(images[0]) if len(images) == 1 else (None, [])
        checks += image_checks
        referrers = []
        for entry in entries:
            if entry.artifact_type is not None:
                referrer, check = self._referrer(entry, image)
                checks.append(check)
                referrers += [referrer] if referrer else []
        if index:
            checks.append(self._nothing_else())
        return Layout(self.folder, image, tuple(referrers), tuple(checks))

    def _index(self, problems: list[Problem]) -> oci.Index | None:
        self._parse(oci.LayoutFile, self.folder / "oci-layout", problems)
        return self._parse(oci.Index, self.folder / "index.json", problems)

    def _image(self, entry: oci.Descriptor) -> tuple[Image | None, list[Check]]:
        problems: list[Problem] = []
        manifest = self._manifest(entry, problems)
        if manifest and (manifest.config.media_type != media.CONFIG or manifest.subject):
            problems.append(Problem("is no image manifest", where=entry.digest))
        head = gather("image manifest", entry.digest, problems)
        if manifest is None:
            return None, [head]
        config, config_check = self._config(manifest)
        return Image(entry, manifest), [head, config_check, self._layers(manifest, config)]

    def _config(self, manifest: oci.Manifest) -> tuple[oci.ImageConfig | None, Check]:
        problems: list[Problem] = []
        path = self._blob(manifest.config, problems)
        config = self._parse(oci.ImageConfig, path, problems) if path else None
        detail = f"{config.os}/{config.architecture}" if config else ""
        return config, gather("config", detail, problems)

    def _layers(self, manifest: oci.Manifest, config: oci.ImageConfig | None) -> Check:
        problems: list[Problem] = []
        for layer in manifest.layers:
            self._blob(layer, problems)
            if layer.media_type not in media.LAYERS:
                what = f"is a layer of media type {layer.media_type}"
                expected = ", ".join(media.LAYERS)
                problems.append(Problem(what, where=layer.digest, expected=expected))
        problems += _content_ids(manifest, config) if config else []
        size = sum(layer.size for layer in manifest.layers)
        detail = f"{len(manifest.layers)} layers, {size:,} bytes"
        return gather("layers", detail, problems)

    def _referrer(
        self, entry: oci.Descriptor, image: Image | None
    ) -> tuple[Referrer | None, Check]:
        problems: list[Problem] = []
        manifest = self._manifest(entry, problems)
        notes = (manifest.annotations if manifest else entry.annotations) or {}
        kind = notes.get(media.PREDICATE_ANNOTATION, "")
        name = f"{media.PREDICATE_NAMES.get(kind, 'unknown')} referrer"
        if manifest is None:
            return None, gather(name, "", problems)
        problems += _referrer_shape(entry, manifest, image)
        self._blob(manifest.config, problems)
        paths = [self._blob(layer, problems) for layer in manifest.layers]
        if problems or paths[0] is None:
            return None, gather(name, "", problems)
        content = paths[0].read_bytes()
        detail = f"{entry.digest}, {len(content):,} bytes"
        return Referrer(entry, manifest, kind, content), gather(name, detail, problems)

    def _manifest(self, entry: oci.Descriptor, problems: list[Problem]) -> oci.Manifest | None:
        if entry.size > DOCUMENT_LIMIT:
            what = f"is a manifest of {entry.size:,} bytes"
            expected = f"at most {DOCUMENT_LIMIT:,}"
            problems.append(Problem(what, where=entry.digest, expected=expected))
            return None
        path = self._blob(entry, problems)
        manifest = self._parse(oci.Manifest, path, problems) if path else None
        if manifest and not oci.describes(entry, manifest):
            what = f"is described otherwise than it describes itself: {entry.media_type}"
            problems.append(Problem(what, where=f"index.json, {entry.digest}"))
        return manifest

    def _blob(self, descriptor: oci.Descriptor, problems: list[Problem]) -> Path | None:
        path = blob_path(self.folder, descriptor)
        self.seen.add(path)
        found = list(_blob_problems(path, descriptor))
        problems += found
        return None if found else path

    def _parse(
        self, model: type[oci.Model], path: Path, problems: list[Problem]
    ) -> oci.Model | None:
        self.seen.add(path)
        try:
            return oci.parse(model, path.read_bytes(), _short(path, self.folder))
        except InputError as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", where=str(path)))
        return None

    def _nothing_else(self) -> Check:
        files = [Path(parent, name) for parent, _, names in os.walk(self.folder) for name in names]
        strangers = sorted(set(files) - self.seen)
        problems = [
            Problem("is named by no manifest", where=_short(path, self.folder))
            for path in strangers
        ]
        return gather("files", f"{len(files)} files, each named by a document", problems)


def _blob_problems(path: Path, descriptor: oci.Descriptor) -> Iterator[Problem]:
    where = descriptor.digest
    try:
        size = path.stat().st_size
        if size != descriptor.size:
            yield Problem(f"blob has {size:,} bytes", where, expected=f"{descriptor.size:,}")
        actual = canonical.file_digest(path)
    except OSError as error:
        yield Problem(f"blob cannot be read: {error.strerror}", where)
        return
    if actual != descriptor.digest:
        yield Problem(f"blob has the digest {actual}", where, expected=descriptor.digest)


def _content_ids(manifest: oci.Manifest, config: oci.ImageConfig) -> Sequence[Problem]:
    """Return what is wrong with a configuration's diff_ids; a plain layer's is its digest."""
    identities = config.rootfs.diff_ids
    where = manifest.config.digest
    if len(identities) != len(manifest.layers):
        what = f"config lists {len(identities)} layers"
        return [Problem(what, where=where, expected=str(len(manifest.layers)))]
    pairs = zip(identities, manifest.layers, strict=True)
    return [
        Problem(f"config knows this layer as {identity}", where=layer.digest)
        for identity, layer in pairs
        if layer.media_type == media.LAYERS[0] and identity != layer.digest
    ]


def _referrer_shape(
    entry: oci.Descriptor, manifest: oci.Manifest, image: Image | None
) -> Iterator[Problem]:
    expected = media.BUNDLE
    if entry.artifact_type != expected or [x.media_type for x in manifest.layers] != [expected]:
        yield Problem("is no Sigstore bundle", where=entry.digest, expected=expected)
    named = manifest.subject
    if image and not (named and named.identity == image.descriptor.identity):
        what = f"refers to {named.digest if named else 'nothing'}"
        yield Problem(what, where=entry.digest, expected=image.descriptor.digest)


def _short(path: Path, folder: Path) -> str:
    relative = path.relative_to(folder)
    blob = relative.parts[:2] == ("blobs", "sha256")
    return f"sha256:{relative.name}" if blob else str(relative)
