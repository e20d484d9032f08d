"""What bazelw reads on every call: the choice and the rc files, per checkout.

The lines of `choice`: what it depended on, what to tell the user, the program, and then files
of which none may be newer. It is written last, in one step: a killed run leaves the old one.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from toolchain import cache
from toolchain.bazel import rc, registry, truststore
from toolchain.bazel.assemble import LOCK
from toolchain.bazel.choose import Choice

STORE = "authorities.jks"
# Bazel looks for a C compiler before it runs even a Python test; this is what it finds then.
NO_COMPILER = "no-c-compiler"
NO_COMPILER_SAYS = """#!/bin/sh
echo 'this machine has no C compiler; hint: apt-get install g++' >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What of the machine Bazel has to be told.

    Args:
        compiler: whether there is a C compiler.
        authorities: a store of the trusted certificate authorities; may be empty.
    """

    compiler: bool
    authorities: bytes


def save(choice: Choice, machine: Machine, key: str, checkout: Path, folder: Path) -> None:
    """Write `choice` for bazelw into `folder`.

    Args:
        choice: what was chosen.
        machine: what else Bazel has to be told.
        key: what the choice depended on, as bazelw computes it; one line.
        checkout: the checkout of paved that bazelw belongs to.
        folder: the checkout's folder in the cache.
    """
    modules = choice.mirror.paved if choice.mirror else {}
    lines = (key, choice.why, choice.program, *_watched(choice, checkout))
    files = {
        NO_COMPILER: NO_COMPILER_SAYS.encode(),
        STORE: machine.authorities,
        "bazel.rc": _options(choice, machine, folder).encode(),
        "paved.rc": rc.for_modules(modules).encode(),
        "consumer.rc": rc.for_modules({**modules, "paved": checkout}).encode(),
        "choice": "".join(f"{line}\n" for line in lines).encode(),
    }
    with cache.lock("bazelw"), cache.staging(folder / "choice") as scratch:
        for name, content in files.items():
            with cache.full_disk(folder):
                (scratch / name).write_bytes(content)
                (scratch / name).chmod(0o755 if name == NO_COMPILER else 0o644)
            cache.publish(scratch / name, folder / name)


def _watched(choice: Choice, checkout: Path) -> list[Path]:
    """Return the files that the choice was made from."""
    own = [checkout / ".bazelversion", LOCK, *sorted(Path(__file__).parent.glob("*.py"))]
    return [*own, truststore.bundle(), *([checkout / "MODULE.bazel"] if choice.mirror else [])]


def _options(choice: Choice, machine: Machine, folder: Path) -> str:
    """Return the rc lines for every call with `choice` on `machine`."""
    options = choice.startup
    if choice.startup and machine.authorities:
        store = f"--host_jvm_args=-Djavax.net.ssl.trustStore={folder / STORE}"
        options += rc.quoted("startup", store)
    if choice.mirror:
        options += rc.for_mirror(choice.mirror, _registry(choice.mirror, folder))
    if not machine.compiler:
        options += rc.quoted("common", f"--repo_env=CC={folder / NO_COMPILER}")
    return options


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
