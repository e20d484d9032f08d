"""Lays the files of Python libraries out as a layer: wheels, or the application itself.

    python3 -m image.python_layer --output TAR --to FOLDER [--wheels] [--import ROOT]...
        [--file=RUNFILES_PATH<TAB>PATH]... [@FILE_OF_ARGUMENTS]

A file's place is its path below the longest import root that it lies under; outside of all, it is
left out of a layer of wheels and put under its path in its repository otherwise. Modes follow the
content, not the checkout: programs are executable, all else is not. Bytecode is left out.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain.problems import run

from image.tree import File, Tree

PROGRAMS = (b"\x7fELF", b"#!")
MACHINE_BOUND = (
    "direct_url.json",
    "uv_build.json",
    "uv_cache.json",
)  # paths and times of the install


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its path in the runfiles, which starts with its repository, and where it is."""

    name: str
    path: Path


def place(name: str, roots: Iterable[str], *, wheels: bool) -> str | None:
    """Return where a file goes, relative to the layer's folder; None leaves it out.

    Args:
        name: the file's path in the runfiles.
        roots: import roots, as paths in the runfiles.
        wheels: the layer is one of wheels, so that files outside of the roots are left out.
    """
    if unwanted(name):
        return None
    above = [root for root in roots if name.startswith(f"{root}/")]
    if above:
        return name[len(max(above, key=len)) + 1 :]
    return None if wheels else name.partition("/")[2]


def unwanted(name: str) -> bool:
    """Tell whether a file is bytecode, or a note of the machine that installed a wheel."""
    *folders, last = name.split("/")
    if "__pycache__" in folders or last.endswith(".pyc"):
        return True
    in_dist_info = bool(folders) and folders[-1].endswith(".dist-info")
    return in_dist_info and last in MACHINE_BOUND


def mode(path: Path) -> int:
    """Return 0755 for what the kernel can run, an ELF file or a script, else 0644."""
    with path.open("rb") as file:
        return 0o755 if file.read(4).startswith(PROGRAMS) else 0o644


def layer(sources: Sequence[Source], to: str, roots: Sequence[str], *, wheels: bool) -> Tree:
    """Return the layer of `sources` below the folder `to`."""
    tree = Tree()
    for source in sources:
        name = place(source.name, roots, wheels=wheels)
        if name is not None:
            tree.add(f"{to}/{name}", File(source.path, mode(source.path)))
    return tree


def _source(text: str) -> Source:
    name, _, path = text.partition("\t")
    return Source(name, Path(path))


def main(arguments: list[str]) -> int:
    """Write the layer that the arguments describe."""
    parser = argparse.ArgumentParser(
        prog="image.python_layer", allow_abbrev=False, fromfile_prefix_chars="@"
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--to", required=True)
    parser.add_argument("--wheels", action="store_true")
    parser.add_argument("--import", dest="roots", action="append", default=[])
    parser.add_argument("--file", dest="sources", type=_source, action="append", default=[])
    options = parser.parse_args(arguments)
    tree = layer(options.sources, options.to, options.roots, wheels=options.wheels)
    with options.output.open("wb") as output:
        tree.write(output)
    return 0


if __name__ == "__main__":
    run(main)
