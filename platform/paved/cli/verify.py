"""`paved verify`: whether an image is what its signatures say, and signed by this key."""

import os
from typing import Annotated

import typer

from paved.cli import output

_HELP = """Verify a signed image, in a layout folder or in a registry, with stock cosign.

Checks the digest and size of every blob, the signature, the SLSA provenance and the SBOM, and
refuses with every reason at once (exit code 5).

Examples:

    paved verify bazel-bin/signed

    paved verify registry.example.com/orders@sha256:... --key keys/prod.pub
"""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("verify", help=_HELP)(verify)


def verify(
    target: Annotated[
        str, typer.Argument(help="A signed layout folder, or HOST/REPOSITORY[:TAG][@DIGEST].")
    ],
    key: Annotated[
        str,
        typer.Option(
            help="Public key: a PEM file or a reference cosign takes. "
            "Default: the key that PAVED_SIGNING_KEY names, or the development key."
        ),
    ] = "",
    *,
    plain_http: Annotated[
        bool, typer.Option("--plain-http", help="Speak plain HTTP to the registry.")
    ] = False,
    as_json: output.AsJson = False,
) -> None:
    """Print every check with its outcome, and refuse where one fails."""
    from paved.adapters import cosign
    from paved.supply import keys
    from paved.supply import verify as supply

    program = cosign.locate()
    public = key or keys.public_reference(os.environ)
    report = supply.verify_target(target, public, program, plain_http=plain_http)
    if as_json:
        output.data(report.as_data())
    else:
        for check in report.checks:
            output.text(f"{'✓' if check.passed else '✗'} {check.name:<19} {check.detail}")
    report.require()
