"""Canonical JSON and content digests: the same data always gives the same bytes.

Standard library only: build actions that run on every edit import it.
"""

import hashlib
import json
from pathlib import Path


def encode(document: object) -> bytes:
    """Return `document` as JSON without spaces, keys sorted, UTF-8, no final newline."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(content: bytes) -> str:
    """Return the OCI digest of `content`, `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def file_digest(path: Path) -> str:
    """Return the OCI digest of a file's content, read in pieces.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
