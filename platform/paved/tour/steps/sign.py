"""Step 4: what was signed verifies with stock cosign, and one flipped byte is found."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from paved.supply import layout
from paved.tour.model import Figure
from paved.tour.ports import StepFailed
from paved.tour.steps.journey import Journey


def verify_and_tamper(journey: Journey) -> Sequence[Figure]:
    """Verify the signed layout, then a copy of it with one byte of a layer changed."""
    report = journey.paved("verify", str(journey.scratch.signed), "--json").document
    for check in report["checks"]:
        journey.watcher.tell(f"✓ {check['name']}: {check['detail']}")
    flip_a_byte(journey.scratch.signed, journey.scratch.tampered)
    journey.paved.refused("verify", str(journey.scratch.tampered))
    return [Figure("checks", len(report["checks"])), Figure("flipped bytes found", "1 of 1")]


def flip_a_byte(source: Path, target: Path) -> None:
    """Copy a layout, with one bit of the last layer's middle byte turned over."""
    image = layout.read(source).image
    if image is None:
        raise StepFailed(f"{source} has no image")
    shutil.copytree(source, target, copy_function=_link)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)  # Bazel's are read-only
    blob = layout.blob_path(target, image.manifest.layers[-1])
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.unlink()
    blob.write_bytes(content)


def _link(source: str, target: str) -> str:
    """Copy a file, without its bytes where the file system can share them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
