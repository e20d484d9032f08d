"""Puts the base's locked packages into a folder, through the per-user cache.

python3 -m image.fetch LOCK FOLDER
"""

import os
import shutil
from pathlib import Path

from image.lock import load
from toolchain import debian
from toolchain.problems import run


def main(arguments: list[str]) -> int:
    """Fetch what the lock `arguments[0]` names into the folder `arguments[1]`."""
    lock, folder = map(Path, arguments)
    packages = load(lock).packages
    for package, cached in zip(packages, debian.fetch(packages), strict=True):
        place = folder / f"{package.package}.deb"
        place.unlink(missing_ok=True)
        try:
            os.link(cached, place)
        except OSError:  # another file system
            shutil.copyfile(cached, place)
    return 0


if __name__ == "__main__":
    run(main)
