"""The build actions that may run after every edit; standard library only, to start fast."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from paved.adapters.cosign import Cosign
from paved.errors import PavedError
from paved.supply import assemble, canonical, sign
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
    attesting = actions.add_parser("attest", help="sign one statement about an image")
    attesting.set_defaults(run=_attest)
    for name in ("--cosign", "--image", "--key", "--out"):
        attesting.add_argument(name, type=Path, required=True)
    for name in ("--name", "--type"):
        attesting.add_argument(name, required=True)
    attesting.add_argument("--predicate", type=Path)
    assembling = actions.add_parser("assemble", help="put bundles beside an image")
    assembling.set_defaults(run=_assemble)
    for name in ("--image", "--out"):
        assembling.add_argument(name, type=Path, required=True)
    assembling.add_argument("--bundle", action="append", default=[])
    stating = actions.add_parser("provenance", help="state what an image is built from")
    stating.set_defaults(run=_provenance)
    stating.add_argument("--target", required=True)
    stating.add_argument("--version", action="append", default=[])
    stating.add_argument("--lock", action="append", default=[])
    stating.add_argument("--status", type=Path)
    stating.add_argument("--out", type=Path, required=True)
    return parser


def _attest(options: argparse.Namespace) -> None:
    key: Path = options.key
    bundle = sign.attest(
        options.image,
        options.type,
        options.predicate,
        name=options.name,
        key=key.read_text().strip() if key.suffix == _ADDRESS else str(key),
        cosign=Cosign(options.cosign.absolute()),
    )
    options.out.write_bytes(bundle)


def _assemble(options: argparse.Namespace) -> None:
    pairs = [text.split("=", 1) for text in options.bundle]
    assemble.assemble(options.image, [(kind, Path(path)) for kind, path in pairs], options.out)


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
