"""The names that OCI, in-toto, SLSA, CycloneDX and Sigstore gave to things.

Standard library only: build actions that run on every edit import it.
"""

from typing import Final

# OCI image specification 1.1.
LAYOUT_VERSION: Final = "1.0.0"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYERS: Final = (
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
)
EMPTY: Final = "application/vnd.oci.empty.v1+json"
EMPTY_BLOB: Final = b"{}"

# Sigstore bundles and the annotations by which cosign finds them.
BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
CONTENT_ANNOTATION: Final = "dev.sigstore.bundle.content"
CONTENT_DSSE: Final = "dsse-envelope"
PREDICATE_ANNOTATION: Final = "dev.sigstore.bundle.predicateType"
IN_TOTO_PAYLOAD: Final = "application/vnd.in-toto+json"

# in-toto statements and the predicates that a signed layout carries.
STATEMENT: Final = "https://in-toto.io/Statement/v1"
SIGNATURE: Final = "https://sigstore.dev/cosign/sign/v1"
PROVENANCE: Final = "https://slsa.dev/provenance/v1"
SBOM: Final = "https://cyclonedx.org/bom"
REQUIRED_PREDICATES: Final = (SIGNATURE, PROVENANCE, SBOM)
PREDICATE_NAMES: Final = {SIGNATURE: "signature", PROVENANCE: "provenance", SBOM: "SBOM"}

# This project's own names in provenance; adr/ says what they promise.
BUILD_TYPE: Final = "https://example.com/paved/build-types/bazel-image/v1"
BUILDER: Final = "https://example.com/paved/builders/local"
