"""Pushes a signed layout to a registry: the image, then what refers to it, then the tag.

The order makes an interrupted push harmless: a tag never names an image whose referrers are not
there, and running it again sends only what is missing. A registry without the referrers API gets
the fallback tag `sha256-<hex>` of the OCI distribution specification; two pushes of referrers of
one image at once may then lose one of them, which that specification says too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from paved.adapters.registry import Reference, Registry, Stored
from paved.errors import Refused
from paved.supply import canonical, layout, media, oci


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did.

    Args:
        reference: HOST/REPOSITORY@DIGEST of the image.
        sent: blobs that were sent.
        skipped: blobs that the registry had.
        size: bytes of the blobs that were sent.
        referrers: how many there are beside the image.
    """

    reference: str
    sent: int
    skipped: int
    size: int
    referrers: int


def push_layout(folder: Path, destination: str, *, plain_http: bool = False) -> Pushed:
    """Push a signed layout to HOST/REPOSITORY[:TAG].

    Args:
        folder: a signed layout; its signatures are not verified here, its digests are.
        destination: where to; without a tag the image is reached by its digest alone.
        plain_http: speak plain HTTP to a host that is not this machine.

    Raises:
        InputError: `folder` is no layout, or `destination` no reference.
        Refused: the layout is damaged; nothing was sent.
        EnvironmentProblem: the registry does not take it.
    """
    place = Reference.parse(destination)
    found = layout.read(folder)
    problems = [problem for check in found.checks for problem in check.problems]
    if problems or found.image is None:
        raise Refused(*problems)
    registry = Registry(place.host, plain_http=plain_http)
    blobs = _blobs([found.image.manifest, *(item.manifest for item in found.referrers)])
    sizes = [_send_blob(registry, place.repository, folder, blob) for blob in blobs]
    image = found.image.descriptor
    content = layout.blob_path(folder, image).read_bytes()
    registry.put_manifest(place.repository, image.digest, Stored(content, media.MANIFEST))
    _send_referrers(registry, place.repository, found, image)
    if place.tag:
        registry.put_manifest(place.repository, place.tag, Stored(content, media.MANIFEST))
    sent = [size for size in sizes if size is not None]
    skipped = len(sizes) - len(sent)
    target = str(place.at(image.digest))
    return Pushed(target, len(sent), skipped, sum(sent), len(found.referrers))


def _blobs(manifests: Iterable[oci.Manifest]) -> Iterable[oci.Descriptor]:
    """Return each blob once, in the order the manifests name them."""
    found: dict[str, oci.Descriptor] = {}
    for manifest in manifests:
        for blob in (manifest.config, *manifest.layers):
            found.setdefault(blob.digest, blob)
    return found.values()


def _send_blob(
    registry: Registry, repository: str, folder: Path, blob: oci.Descriptor
) -> int | None:
    """Send a blob unless it is there; return the bytes sent."""
    if registry.blob_size(repository, blob.digest) is not None:
        return None
    registry.put_blob(repository, blob.digest, layout.blob_path(folder, blob))
    return blob.size


def _send_referrers(
    registry: Registry, repository: str, found: layout.Layout, image: oci.Descriptor
) -> None:
    listed = True
    for referrer in found.referrers:
        content = layout.blob_path(found.folder, referrer.descriptor).read_bytes()
        stored = Stored(content, media.MANIFEST)
        listed &= registry.put_manifest(repository, referrer.descriptor.digest, stored)
    if not listed:
        _list_by_tag(registry, repository, found, image)


def _list_by_tag(
    registry: Registry, repository: str, found: layout.Layout, image: oci.Descriptor
) -> None:
    """Add the referrers to the index under the fallback tag, keeping what others put there."""
    tag = image.digest.replace(":", "-")
    stored = registry.find_manifest(repository, tag)
    there = oci.parse(oci.ForeignIndex, stored.content, tag).manifests if stored else []
    entries = {entry.digest: _document(entry) for entry in there}
    entries |= {item.descriptor.digest: _document(item.descriptor) for item in found.referrers}
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": list(entries.values())}
    registry.put_manifest(repository, tag, Stored(canonical.encode(index), media.INDEX))


def _document(entry: BaseModel) -> dict[str, object]:
    return entry.model_dump(by_alias=True, exclude_none=True)
