"""What commands print: data on stdout, everything else on stderr."""

import json
import sys
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def data(document: object) -> None:
    """Print `document` on stdout as JSON with sorted keys."""
    print(json.dumps(document, indent=2, sort_keys=True))


def text(line: str) -> None:
    """Print one line of a command's result on stdout."""
    print(line)


def note(line: str) -> None:
    """Print one line for the person watching on stderr."""
    print(line, file=sys.stderr, flush=True)
