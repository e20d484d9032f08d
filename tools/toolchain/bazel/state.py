"""What bazelw reads on every call: the choice and the rc files, per checkout.

The lines of `choice`: what it depended on, what to tell the user, the program, and then files
of which none may be newer. It is written last, in one step: a killed run leaves the old one.
"""

import hashlib
from pathlib import Path

from toolchain import cache
from toolchain.bazel import rc, registry
from toolchain.bazel.assemble import LOCK
from toolchain.bazel.choose import Choice


def save(choice: Choice, key: str, checkout: Path, folder: Path) -> None:
    """Write `choice` for bazelw into `folder`.

    Args:
        choice: what was chosen.
        key: what the choice depended on, as bazelw computes it; one line.
        checkout: the checkout of paved that bazelw belongs to.
        folder: the checkout's folder in the cache.
    """
    own, mirror = choice.startup, choice.mirror
    watched = [checkout / ".bazelversion", LOCK, *sorted(Path(__file__).parent.glob("*.py"))]
    modules: dict[str, Path] = {}
    if mirror:
        own += rc.for_mirror(mirror, _registry(mirror, folder))
        modules = mirror.paved
        watched.append(checkout / "MODULE.bazel")
    files = {
        "bazel.rc": own,
        "paved.rc": rc.for_modules(modules),
        "consumer.rc": rc.for_modules({**modules, "paved": checkout}),
        "choice": "".join(f"{line}\n" for line in (key, choice.why, choice.program, *watched)),
    }
    with cache.lock("bazelw"), cache.staging(folder / "choice") as scratch:
        for name, text in files.items():
            with cache.full_disk(folder):
                (scratch / name).write_text(text, encoding="utf-8")
            cache.publish(scratch / name, folder / name)


def _registry(mirror: registry.Mirror, folder: Path) -> Path:
    """Return the registry of the stubs, named by its content: it never changes under a server."""
    name = hashlib.sha256(repr(mirror.stubs).encode()).hexdigest()[:12]
    place = folder / f"registry-{name}"
    with cache.lock("bazelw"):
        if not place.is_dir():
            with cache.staging(place) as scratch:
                registry.write_stubs(mirror.stubs, scratch / "made")
                cache.publish(scratch / "made", place)
    return place
