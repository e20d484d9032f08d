"""The build action that writes an SBOM; runs when the graph or a lock changes."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paved.errors import PavedError
from paved.supply.claims import bill, sbom


def main(words: Sequence[str]) -> int:
    """Write one SBOM and return the exit code."""
    parser = argparse.ArgumentParser(prog="make_sbom")
    parser.add_argument("--graph", type=Path, required=True)
    parser.add_argument("--lock", type=Path, action="append", required=True)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(words)
    try:
        made = sbom.make(bill.make(options.graph, options.lock, options.base))
    except PavedError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    options.out.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
