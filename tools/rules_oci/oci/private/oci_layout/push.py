"""Pushes a layout to a registry with crane: first by digest, then a tag at a time.

python3 -m oci_layout.push --crane FILE --image DIR [--repository-file FILE] [--tags-file FILE]
    [-r REPOSITORY] [-t TAG]... [--insecure] [--platform P] [-v] [FLAG OF CRANE PUSH...]
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

from oci_layout.errors import LayoutError, run
from oci_layout.layout import entry_point
from oci_layout.settings import lines

TAG_OR_DIGEST = re.compile(r"@|:[^/]*$")
SWITCHES = ("--insecure", "--allow-nondistributable-artifacts")


def repository(options: argparse.Namespace) -> str:
    """Return the repository to push to, which carries neither tag nor digest."""
    named: str = options.repository
    if not named and options.repository_file:
        named = options.repository_file.read_text(encoding="utf-8").strip()
    if not named:
        raise LayoutError("--repository", "not set", "run with `-- --repository HOST/NAME`")
    if TAG_OR_DIGEST.search(named):
        raise LayoutError("--repository", f"{named} carries a tag or a digest", "use --tag")
    return named


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oci_push", allow_abbrev=False)
    parser.add_argument("--crane", required=True)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--repository-file", type=Path)
    parser.add_argument("--tags-file", type=Path)
    parser.add_argument("-r", "--repository", default="")
    parser.add_argument("-t", "--tag", action="append", default=[])
    parser.add_argument("--platform")
    parser.add_argument("-v", "--verbose", action="store_true")
    for switch in SWITCHES:
        parser.add_argument(switch, action="store_true")
    return parser


def _flags(options: argparse.Namespace) -> list[str]:
    """Return the flags that every run of crane gets."""
    given = vars(options)
    flags = [switch for switch in SWITCHES if given[switch[2:].replace("-", "_")]]
    flags += ["--verbose"] if options.verbose else []
    return flags + (["--platform", options.platform] if options.platform else [])


def main(arguments: list[str]) -> int:
    """Push; return the status of the first run of crane that fails, or 0."""
    options, further = _parser().parse_known_args(arguments)
    flags = _flags(options)
    target = f"{repository(options)}@{entry_point(options.image).digest}"
    tags = options.tag + (lines(options.tags_file) if options.tags_file else [])
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as refs:
        push = ["push", *flags, str(options.image), target, *further, "--image-refs", refs.name]
        status = subprocess.run([options.crane, *push], check=False).returncode
        pushed = refs.read().strip()
    for tag in tags:
        if status:
            break
        command = [options.crane, "tag", *flags, pushed, tag.strip()]
        status = subprocess.run(command, check=False).returncode
    return status


if __name__ == "__main__":
    run(main)
