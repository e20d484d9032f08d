"""`paved push`: a signed layout to a registry, with everything that refers to the image."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from paved.cli import output

_HELP = """Push an image and its signature, SBOM and provenance to a registry.

What the registry has already is not sent again; prints the image's reference by digest.

Example: `paved push bazel-bin/signed registry.example.com/shop/quotes`
"""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("push", help=_HELP)(push)


def push(
    layout: Annotated[Path, typer.Argument(help="A layout folder, as Bazel makes it.")],
    destination: Annotated[str, typer.Argument(help="HOST/REPOSITORY[:TAG].")],
    *,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Speak plain HTTP to the registry.")
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    """Push, and print the reference."""
    from paved.supply.push import push_layout

    pushed = push_layout(layout, destination, plain_http=plain_http)
    if as_json:
        output.data(asdict(pushed))
        return
    output.note(f"✓ {pushed.sent} blobs sent ({pushed.size:,} bytes), {pushed.skipped} were there")
    output.text(pushed.reference)
