"""What is claimed about an image: its SBOM, its provenance, and the statements around them."""
