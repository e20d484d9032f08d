"""Step 5: the image is pushed, pinned in dev and promoted to prod; an unsigned one is not."""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from paved.adapters import git
from paved.supply import canonical, layout, media
from paved.tour.model import Figure
from paved.tour.ports import StepFailed
from paved.tour.scratch import ENVIRONMENTS
from paved.tour.steps.journey import Journey
from paved.tour.steps.scaffold import last_commit

MEGABYTE = 1_000_000


def release(journey: Journey) -> Sequence[Figure]:
    """Push, pin, promote twice, and have an unsigned image refused."""
    size = push(journey, journey.scratch.signed)
    open_operations(journey)
    journey.paved("release", "onboard", str(journey.scratch.service), *ops(journey), "--json")
    pin(journey, journey.reference)
    promoted = promote(journey)
    refuse_unsigned(journey)
    receipts = journey.paved("release", "receipts", *ops(journey), "--verify", "--json").document
    signed = sum(len(each["receipts"]) for each in receipts["environments"])
    return [
        Figure("pushed", size / MEGABYTE, "MB"),
        Figure("seconds per promotion", promoted, "s"),
        Figure("signed receipts", signed),
        Figure("unsigned images promoted", 0),
    ]


def ops(journey: Journey) -> tuple[str, str]:
    """Return the option that names the operations repository."""
    return "--ops", str(journey.scratch.operations)


def push(journey: Journey, folder: Path) -> int:
    """Push a layout to the local registry and return the bytes that were sent."""
    pushed = journey.paved("push", str(folder), journey.repository, "--json").document
    return int(pushed["size"])


def promote(journey: Journey) -> float:
    """Promote what dev runs to stage, then to prod; return the mean seconds of the two."""
    start = time.monotonic()
    for environment in ENVIRONMENTS[1:]:
        journey.paved(
            *("release", "promote", environment, journey.scratch.service.name, *ops(journey)),
            *("--events", str(journey.scratch.events), "--json"),
        )
    return (time.monotonic() - start) / len(ENVIRONMENTS[1:])


def open_operations(journey: Journey) -> None:
    """Make the operations repository and its remote, with a first commit."""
    git.initialise(journey.scratch.remote, bare=True)
    repository = git.clone(str(journey.scratch.remote), journey.scratch.operations)
    readme = journey.scratch.operations / "README.md"
    readme.write_text("# What runs where\n\nChanged by `paved release` alone.\n", encoding="utf-8")
    commit = repository.commit_all("chore: begin")
    repository.push(commit, "origin", "main")


def pin(journey: Journey, reference: str) -> None:
    """Run `reference` in dev."""
    journey.paved(
        *("release", "pin", journey.scratch.service.name, reference, *ops(journey)),
        *("--commit", last_commit(journey).id, "--template", "service@0.1.0", "--json"),
    )


def refuse_unsigned(journey: Journey) -> None:
    """Push an image that nobody signed, run it in dev, and try to promote it."""
    digest = strip(journey.scratch.signed, journey.scratch.unsigned)
    push(journey, journey.scratch.unsigned)
    pin(journey, f"{journey.repository}@{digest}")
    journey.paved.refused(
        *("release", "promote", "stage", journey.scratch.service.name, *ops(journey)),
    )


def strip(source: Path, target: Path) -> str:
    """Copy a layout's image under another digest and without its signatures; return the digest."""
    found = layout.read(source)
    if found.image is None:
        raise StepFailed(f"{source} has no image")
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for blob in (found.image.manifest.config, *found.image.manifest.layers):
        shutil.copyfile(layout.blob_path(source, blob), layout.blob_path(target, blob))
    manifest = json.loads(layout.blob_path(source, found.image.descriptor).read_bytes())
    manifest["annotations"] = {"org.opencontainers.image.title": "unsigned"}
    content = canonical.encode(manifest)
    digest = canonical.digest(content)
    (blobs / digest.removeprefix("sha256:")).write_bytes(content)
    entry = {"mediaType": media.MANIFEST, "digest": digest, "size": len(content)}
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [entry]}
    (target / "index.json").write_bytes(canonical.encode(index))
    shutil.copyfile(source / "oci-layout", target / "oci-layout")
    return digest
