"""What a change renders to: the real build of every overlay it touches, before it is committed."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from paved.delivery.promotion.gates import failed, passed
from paved.delivery.promotion.ports import Build
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import layout, overlay
from paved.delivery.release.model import Check, Move
from paved.errors import InputError

_FILE_MODES = ("100644", "100755")


def check(
    snapshot: Snapshot,
    files: Mapping[str, bytes],
    environment: str,
    moves: tuple[Move, ...],
    build: Build,
) -> Iterator[Check]:
    """Refuse a target that does not build, or that does not run exactly the new digest.

    Args:
        snapshot: the tree the change is made on.
        files: the change.
        environment: the target.
        moves: what moves in it.
        build: renders an overlay.
    """
    with tempfile.TemporaryDirectory(prefix="paved-render-") as folder:
        root = Path(folder).resolve()
        export(snapshot, {move.service for move in moves}, files, root)
        for move in moves:
            yield _check(root, environment, move, build)


def _check(root: Path, environment: str, move: Move, build: Build) -> Check:
    path = layout.overlay(move.service, environment)
    try:
        found = overlay.images(build(root / path, root), path)
    except InputError as error:
        said = "; ".join(problem.what for problem in error.problems)
        return failed("render", move.service, f"{path}: {said}")
    pin = move.after
    others = {image for image in found if _is_of(image, pin.image)} - {pin.reference}
    if others:
        detail = f"{path} also runs {', '.join(sorted(others))}"
        return failed("render", move.service, detail, "one digest of an image per environment")
    if pin.reference not in found:
        ran = ", ".join(sorted(found)) or "no image"
        hint = f"name the image {move.service} in the base's workload"
        return failed("render", move.service, f"{path} does not run the image: {ran}", hint)
    return passed("render", move.service, path)


def _is_of(reference: str, image: str) -> bool:
    return reference == image or reference.startswith((f"{image}@", f"{image}:"))


def export(snapshot: Snapshot, services: set[str], files: Mapping[str, bytes], root: Path) -> None:
    """Write to `root` what the overlays of `services` may read, with `files` in place of theirs."""
    folders = tuple(f"{layout.app(service)}/" for service in services)
    paths = [
        entry.path
        for entry in snapshot.entries(layout.ROOT)
        if entry.mode in _FILE_MODES and _may_be_read(entry.path, folders)
    ]
    write({**snapshot.files(paths), **files}, root)


def write(files: Mapping[str, bytes], root: Path) -> None:
    """Write `files` below `root`, a scratch folder."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _may_be_read(path: str, folders: tuple[str, ...]) -> bool:
    if path.startswith(f"{layout.APPS}/"):
        return path.startswith(folders)
    return not path.startswith(f"{layout.RELEASES}/")
