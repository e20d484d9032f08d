"""Build actions; standard library only, since one of them runs after every edit."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paved.adapters.cosign import Cosign
from paved.errors import PavedError
from paved.supply import canonical, sign
from paved.supply.claims import provenance

_COMMIT = "STABLE_GIT_COMMIT"
_ADDRESS = ".address"


def main(words: Sequence[str]) -> int:
    """Run one action and return its exit code."""
    options = _parser().parse_args(words)
    try:
        options.run(options)
    except PavedError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="supply.actions")
    actions = parser.add_subparsers(required=True)
    signing = actions.add_parser("sign", help="sign an image and put the bundles beside it")
    signing.set_defaults(run=_sign)
    for name in ("--cosign", "--image", "--key", "--provenance", "--sbom", "--out"):
        signing.add_argument(name, type=Path, required=True)
    signing.add_argument("--name", required=True)
    stating = actions.add_parser("provenance", help="state what an image is built from")
    stating.set_defaults(run=_provenance)
    stating.add_argument("--target", required=True)
    stating.add_argument("--version", action="append", default=[])
    stating.add_argument("--lock", action="append", default=[])
    stating.add_argument("--status", type=Path)
    stating.add_argument("--out", type=Path, required=True)
    return parser


def _sign(options: argparse.Namespace) -> None:
    key: Path = options.key
    sign.sign_layout(
        options.image,
        options.out,
        name=options.name,
        sbom=options.sbom,
        provenance=options.provenance,
        key=key.read_text().strip() if key.suffix == _ADDRESS else str(key),
        cosign=Cosign(options.cosign.absolute()),
    )


def _provenance(options: argparse.Namespace) -> None:
    build = provenance.Build(
        target=options.target,
        builder_versions=dict(text.split("=", 1) for text in options.version),
        locks={name: Path(path) for name, path in (x.rsplit("=", 1) for x in options.lock)},
        commit=_commit(options.status) if options.status else "",
    )
    options.out.write_bytes(canonical.encode(provenance.predicate(build)))


def _commit(status: Path) -> str:
    """Return the commit that the workspace's status command told, or nothing."""
    pairs = (line.partition(" ") for line in status.read_text().splitlines())
    return next((value for name, _, value in pairs if name == _COMMIT), "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
