"""Signs statements about an image with stock cosign: signature, provenance, SBOM.

Signing needs no registry, so it can be a build action. ECDSA signatures differ on every run; the
statements do not. The three signatures are made at the same time: each is a fifth of a second of
opening the key.
Standard library only: a build action that runs on every edit imports it.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from paved.adapters.cosign import Cosign
from paved.supply import assemble, media
from paved.supply.claims import statement

_SCRATCH: Final = "paved-sign-"


def attest(
    image: Path, predicate_type: str, predicate: Path | None, *, name: str, key: str, cosign: Cosign
) -> bytes:
    """Return a Sigstore bundle with one statement about an image.

    Args:
        image: an OCI layout folder with one image.
        predicate_type: a URI, see `paved.supply.media`.
        predicate: a JSON file, or None for the empty predicate of a plain signature.
        name: what the statement calls the image.
        key: cosign's reference of the private key.
        cosign: the program.

    Raises:
        InputError: an input, or the key, is not what it has to be.
        EnvironmentProblem: cosign or the key-management service does not answer.
    """
    claim = statement.make(
        name=name,
        digest=str(assemble.image_descriptor(image)["digest"]),
        predicate_type=predicate_type,
        predicate=statement.read_predicate(predicate) if predicate else {},
    )
    with TemporaryDirectory(prefix=_SCRATCH) as scratch:
        claimed, bundle = Path(scratch, "statement.json"), Path(scratch, "bundle.json")
        claimed.write_bytes(claim)
        cosign.attest(claimed, key=key, bundle=bundle)
        return bundle.read_bytes()


def sign_layout(
    image: Path, out: Path, *, name: str, sbom: Path, provenance: Path, key: str, cosign: Cosign
) -> str:
    """Write the signed layout of an image and return the image's digest.

    Args:
        image: an OCI layout folder with one image.
        out: a new or empty folder.
        name: what the statements call the image.
        sbom: the CycloneDX document.
        provenance: the SLSA provenance predicate.
        key: cosign's reference of the private key.
        cosign: the program.

    Raises:
        InputError: an input, or the key, is not what it has to be.
        EnvironmentProblem: cosign or the key-management service does not answer.
    """
    predicates = {media.SIGNATURE: None, media.PROVENANCE: provenance, media.SBOM: sbom}
    with ThreadPoolExecutor(len(predicates)) as pool, TemporaryDirectory(prefix=_SCRATCH) as folder:
        signing = {
            kind: pool.submit(attest, image, kind, path, name=name, key=key, cosign=cosign)
            for kind, path in predicates.items()
        }
        bundles = []
        for number, (kind, signed) in enumerate(signing.items()):
            path = Path(folder, f"{number}.sigstore.json")
            path.write_bytes(signed.result())
            bundles.append((kind, path))
        return assemble.assemble(image, bundles, out)
