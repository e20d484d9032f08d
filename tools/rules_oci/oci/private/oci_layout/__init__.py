"""Writes and reads OCI image layouts for the rules beside it.

Standard library only. Follows the OCI image specification, v1.1; leaves out zstd layers and
Docker's own media types. Import root: the folder above.
"""
