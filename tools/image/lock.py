"""The lock of the base's packages: base.lock.json beside this file, read and checked.

`roots` is what an image needs; `left_out` names what those depend on and an image does without,
with the reason; `packages` is the closure, made from both by image.refresh.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from toolchain.debian import Deb
from toolchain.problems import Problem, ToolchainError

LOCK = Path(__file__).parent / "base.lock.json"


@dataclass(frozen=True, slots=True)
class Lock:
    """What is asked for and what that comes to, in one suite for one architecture."""

    suite: str
    architecture: str
    roots: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    packages: tuple[Deb, ...]


def load(path: Path = LOCK) -> Lock:
    """Return the lock in the file `path`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Lock(
            suite=found["suite"],
            architecture=found["architecture"],
            roots=tuple(found["roots"]),
            left_out=tuple(found["left_out"].items()),
            packages=tuple(Deb(**package) for package in found["packages"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"not a lock of Debian packages: {error!r}"
        raise ToolchainError(Problem(what=what, where=str(path))) from error


def dump(lock: Lock) -> str:
    """Return the lock as the file's text."""
    packages = sorted(lock.packages, key=lambda deb: deb.package)
    fields = {
        "suite": lock.suite,
        "architecture": lock.architecture,
        "roots": sorted(lock.roots),
        "left_out": dict(sorted(lock.left_out)),
        "packages": [asdict(deb) for deb in packages],
    }
    return json.dumps(fields, indent=2) + "\n"
