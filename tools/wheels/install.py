"""Installs one locked wheel into a folder of the user's cache, for the repository rule.

    python3 tools/wheels/install.py REQUIREMENT PLACE

The requirement carries its hashes. PLACE gets `site-packages`, and `bin` where the wheel has
programs; what differs between two installations of the same wheel is removed.
"""

import shutil
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from toolchain import cache  # noqa: E402
from toolchain.problems import run  # noqa: E402
from toolchain.toolkit import uv  # noqa: E402

INSTALL = (
    *("pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"),
    *("--link-mode=copy", f"--python={sys.executable}"),
)


def install(requirement: Path, place: Path) -> None:
    """Install what `requirement` pins as the folder `place`, which appears in one step.

    Raises:
        ToolchainError: a hash does not match, or the index cannot be reached.
    """
    with cache.lock(f"wheel-{place.name}") as held:
        if place.exists():
            return
        with cache.full_disk(place), cache.staging(place) as folder:
            made = folder / "made"
            site = made / "site-packages"
            uv.call([*INSTALL, f"--target={site}", f"--requirement={requirement}"], folder, [held])
            (site / ".lock").unlink(missing_ok=True)
            if (site / "bin").is_dir():
                shutil.move(site / "bin", made / "bin")
            cache.publish(made, place)


def main(arguments: list[str]) -> int:
    """Install the requirement that the first argument names to the second."""
    install(Path(arguments[0]).resolve(), Path(arguments[1]))
    return 0


if __name__ == "__main__":
    run(main)
