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

# Bazel looks for a C compiler before it runs even a Python test; this is what it finds then.
NO_COMPILER = "no-c-compiler"
NO_COMPILER_SAYS = """#!/bin/sh
echo 'this machine has no C compiler; hint: apt-get install g++' >&2
exit 1
"""


def save(choice: Choice, key: str, checkout: Path, folder: Path, *, compiler: bool) -> None:
    """Write `choice` for bazelw into `folder`.

    Args:
        choice: what was chosen.
        key: what the choice depended on, as bazelw computes it; one line.
        checkout: the checkout of paved that bazelw belongs to.
        folder: the checkout's folder in the cache.
        compiler: whether the machine has a C compiler.
    """
    own, mirror = choice.startup, choice.mirror
    watched = [checkout / ".bazelversion", LOCK, *sorted(Path(__file__).parent.glob("*.py"))]
    modules: dict[str, Path] = {}
    if mirror:
        own += rc.for_mirror(mirror, _registry(mirror, folder))
        modules = mirror.paved
        watched.append(checkout / "MODULE.bazel")
    if not compiler:
        own += rc.quoted("common", f"--repo_env=CC={folder / NO_COMPILER}")
    files = {
        NO_COMPILER: NO_COMPILER_SAYS,
        "bazel.rc": own,
        "paved.rc": rc.for_modules(modules),
        "consumer.rc": rc.for_modules({**modules, "paved": checkout}),
        "choice": "".join(f"{line}\n" for line in (key, choice.why, choice.program, *watched)),
    }
    with cache.lock("bazelw"), cache.staging(folder / "choice") as scratch:
        for name, text in files.items():
            with cache.full_disk(folder):
                (scratch / name).write_text(text, encoding="utf-8")
                (scratch / name).chmod(0o755 if name == NO_COMPILER else 0o644)
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
