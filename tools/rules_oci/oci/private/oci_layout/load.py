"""Loads a layout into a container engine: packs it and gives the tar to `ENGINE load --input`.

python3 -m oci_layout.load --image DIR --tags FILE --format FORMAT [--loader FILE]
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from oci_layout.errors import LayoutError, run
from oci_layout.settings import lines
from oci_layout.tarball import FORMATS, members, pack

ENGINES = ("docker", "podman", "nerdctl")


def engine(loader: str) -> str:
    """Return the program that loads: the one asked for, else the first that is on PATH."""
    if loader:
        return loader
    found = next(filter(None, map(shutil.which, ENGINES)), None)
    if found is None:
        names = f"{', '.join(ENGINES[:-1])} nor {ENGINES[-1]}"
        raise LayoutError("PATH", f"neither {names} is there", "set oci_load's attribute `loader`")
    return found


def main(arguments: list[str]) -> int:
    """Load the image that the arguments describe; return the engine's status."""
    parser = argparse.ArgumentParser(prog="oci_load", allow_abbrev=False)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--tags", type=Path, required=True)
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--loader", default="")
    options = parser.parse_args(arguments)
    program = engine(options.loader)
    with tempfile.NamedTemporaryFile(suffix=".tar") as tar:
        pack(members(options.image, lines(options.tags), options.format), tar.file)
        tar.flush()
        return subprocess.run([program, "load", "--input", tar.name], check=False).returncode


if __name__ == "__main__":
    run(main)
