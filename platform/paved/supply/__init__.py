"""Supply chain: SBOM, provenance, signatures and their place beside an image.

A *signed layout* is an OCI layout folder whose index names one image and, for each statement about
it, one referrer that carries a Sigstore bundle made by stock cosign. Building an image is
tools/image's business; deciding what may be released is `paved.delivery`'s.
"""
