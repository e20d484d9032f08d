"""Makes the toolkit's Python environment, once per interpreter and lock; `paved` runs it.

    python3 tools/toolchain/toolkit/environment.py STAMP

prints the environment's folder and notes it in the file STAMP, which `paved` reads the next
time. The environment holds what pyproject.toml's dependencies need and nothing else; the toolkit
itself stays where it is checked out.
"""

import hashlib
import os
import sys
import time
import tomllib
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from toolchain import cache, downloads
from toolchain.problems import Offline, Problem, ToolchainError, note, run
from toolchain.toolkit import requirements, uv

LOCK = Path(__file__).absolute().parents[3] / "requirements.lock"
INSTALL = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--quiet")


def environment(lock: Path = LOCK) -> Path:
    """Return the folder of the environment for this interpreter, made on first use.

    Args:
        lock: requirements.lock.

    Raises:
        ToolchainError: the lock is malformed, or its wheels cannot be had.
    """
    pins = requirements.closure(requirements.parse(lock.read_text(encoding="utf-8"), str(lock)))
    if not pins:
        raise ToolchainError(_empty(lock))
    subset = "".join(pin.text for pin in pins)
    place = cache.root() / "env" / _key(subset)
    if not usable(place):
        with cache.lock(f"env-{place.name}") as held:
            if not usable(place):
                _make(place, subset, held)
    return place


def usable(place: Path) -> bool:
    """Tell whether an environment is there, and its interpreter too."""
    return os.access(place / "bin" / "python", os.X_OK)


def _key(subset: str) -> str:
    parts = (sys.version, str(Path(sys.executable).resolve()), subset)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _make(place: Path, subset: str, held: int) -> None:
    count = subset.count("==")
    start = time.monotonic()
    note(f"making the toolkit's environment: {count} locked distributions (once)")
    with cache.full_disk(place), cache.staging(place) as folder:
        made = folder / "env"
        wanted = folder / "requirements.txt"
        wanted.write_text(subset, encoding="utf-8")
        python = str(Path(sys.executable).resolve())
        uv.call(["venv", "--quiet", "--relocatable", "--python", python, str(made)], folder)
        _install(made, wanted, held)
        if place.exists():  # its interpreter has gone
            place.rename(folder / "unusable")
        cache.sync_all(made)
        cache.publish(made, place)
    note(f"the toolkit's environment is ready after {time.monotonic() - start:.1f} s")


def _install(made: Path, wanted: Path, held: int) -> None:
    """Install from uv's own cache where it has everything, else from the index."""
    command = ["pip", "install", *INSTALL, f"--python={made}/bin/python", f"--requirement={wanted}"]
    start = time.monotonic()
    try:
        uv.call([*command, "--offline"], wanted.parent, [held])
        fresh = False
    except ToolchainError:
        note("downloading wheels from the Python index")
        uv.call(command, wanted.parent, [held])
        fresh = True
    seconds = time.monotonic() - start
    downloads.record("wheels of the toolkit", _wheel_bytes(made, wanted), seconds, fresh=fresh)


def _wheel_bytes(made: Path, wanted: Path) -> int:
    """Return the size of all wheels, from what uv keeps of the index's answers."""
    options = ["--quiet", "--offline", "--no-deps", "--no-header", "--format=pylock.toml"]
    command = ["pip", "compile", *options, f"--python={made}/bin/python", str(wanted)]
    try:
        document = tomllib.loads(uv.call(command, wanted.parent))
    except Offline:
        return 0
    packages = document.get("packages", [])
    return sum(max((w.get("size", 0) for w in p.get("wheels", [])), default=0) for p in packages)


def _empty(lock: Path) -> Problem:
    return Problem(
        what=f"holds nothing that {requirements.TOOLKIT} needs",
        where=str(lock),
        expected=f"distributions with the note `# via {requirements.TOOLKIT}`",
        hint="make the lock again: tools/toolchain/lock-requirements",
    )


def main(arguments: list[str]) -> int:
    """Print the environment's folder, and note it in the file that the first argument names."""
    place = environment()
    for name in arguments[:1]:
        _note_in(Path(name), place)
    print(place)
    return 0


def _note_in(stamp: Path, place: Path) -> None:
    with cache.lock("env-stamps"), cache.full_disk(stamp), cache.staging(stamp) as folder:
        made = folder / "stamp"
        made.write_text(f"{place}\n", encoding="utf-8")
        cache.publish(made, stamp)


if __name__ == "__main__":
    run(main)
