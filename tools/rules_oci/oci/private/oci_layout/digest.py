"""Writes the digest of what a layout is about, on one line.

python3 -m oci_layout.digest LAYOUT OUTPUT
"""

from pathlib import Path

from oci_layout.errors import run
from oci_layout.layout import entry_point


def main(arguments: list[str]) -> int:
    """Write the digest of the layout `arguments[0]` to the file `arguments[1]`."""
    layout, output = map(Path, arguments)
    output.write_text(entry_point(layout).digest + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    run(main)
