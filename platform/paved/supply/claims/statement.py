"""in-toto Statement v1: what is claimed, about which digest.

Standard library only: build actions that run on every edit import it.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from paved.errors import InputError, Problem
from paved.supply import canonical, media


def make(*, name: str, digest: str, predicate_type: str, predicate: Mapping[str, object]) -> bytes:
    """Return a statement as canonical JSON.

    Args:
        name: what the subject is called, a build label or a repository.
        digest: the subject's OCI digest, the image manifest's.
        predicate_type: a URI, see `paved.supply.media`.
        predicate: the claim.
    """
    algorithm, _, value = digest.partition(":")
    return canonical.encode(
        {
            "_type": media.STATEMENT,
            "subject": [{"name": name, "digest": {algorithm: value}}],
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    )


def read_predicate(path: Path) -> Mapping[str, object]:
    """Return the JSON object in `path`.

    Raises:
        InputError: the file cannot be read or is not a JSON object.
    """
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(Problem(f"cannot be read: {error}", where=str(path))) from error
    if not isinstance(document, dict):
        raise InputError(Problem("is not a predicate", where=str(path), expected="a JSON object"))
    return document
