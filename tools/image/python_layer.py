"""Lays the files of Python libraries out as a layer: wheels, or the application itself.

    python3 -m image.python_layer --output TAR --to FOLDER [--wheels] [--import ROOT]...
        [--file=RUNFILES_PATH<TAB>PATH]... [@FILE_OF_ARGUMENTS]

A file's place is its path below the longest import root that it lies under; outside of all, it is
left out of a layer of wheels and put under its path in its repository otherwise. Modes follow the
content, not the checkout: programs are executable, all else is not. Bytecode is left out, and of
a wheel what tells about the machine that unpacked it: its RECORD lists what is in the layer.
"""

import argparse
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from image.tree import File, Tree
from toolchain.problems import run

PROGRAMS = (b"\x7fELF", b"#!")
OF_THE_MACHINE = frozenset(
    {"INSTALLER", "REQUESTED", "direct_url.json", "uv_build.json", "uv_cache.json"}
)


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
    above = [root for root in roots if name.startswith(f"{root}/")]
    if not above and wheels:
        return None
    inside = name[len(max(above, key=len)) + 1 :] if above else name.partition("/")[2]
    return None if unwanted(inside, wheels=wheels) else inside


def unwanted(name: str, *, wheels: bool) -> bool:
    """Tell whether a file is bytecode or, in a layer of wheels, of the unpacking machine's own."""
    *folders, last = name.split("/")
    if "__pycache__" in folders or last.endswith(".pyc"):
        return True
    if not wheels:
        return False
    in_dist_info = bool(folders) and folders[0].endswith(".dist-info")
    is_script = folders[:1] == ["bin"]  # names the machine's interpreter; `python -m` does as well
    return is_script or name == ".lock" or (in_dist_info and last in OF_THE_MACHINE)


def record(text: str, present: set[str]) -> bytes:
    """Return a wheel's RECORD with the lines of the files that are `present`, sorted."""
    kept = sorted(row for row in csv.reader(text.splitlines()) if row and row[0] in present)
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(kept)
    return lines.getvalue().encode()


def mode(path: Path) -> int:
    """Return 0755 for what the kernel can run, an ELF file or a script, else 0644."""
    with path.open("rb") as file:
        return 0o755 if file.read(4).startswith(PROGRAMS) else 0o644


def layer(sources: Sequence[Source], to: str, roots: Sequence[str], *, wheels: bool) -> Tree:
    """Return the layer of `sources` below the folder `to`."""
    places = [(place(source.name, roots, wheels=wheels), source.path) for source in sources]
    present = {name for name, _ in places if name is not None}
    tree = Tree()
    for name, path in places:
        if name is not None:
            is_record = wheels and name.endswith(".dist-info/RECORD")
            content = record(path.read_text(encoding="utf-8"), present) if is_record else path
            tree.add(f"{to}/{name}", File(content, mode(path)))
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
