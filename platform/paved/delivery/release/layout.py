"""Where things stand in an operations repository; paths are relative to its root."""

import re
from dataclasses import dataclass

from paved.delivery.release.model import short

ROOT = "gitops"
APPS = f"{ROOT}/apps"
RELEASES = f"{ROOT}/releases"
DENYLIST = f"{RELEASES}/denylist.json"
POLICY = f"{RELEASES}/policy.json"
_RECEIPT = re.compile(
    r"(?P<sequence>[0-9]{6})-(?P<label>[a-z0-9-]+)-(?P<digest>[0-9a-f]{12})\.json"
)


@dataclass(frozen=True, slots=True)
class ReceiptName:
    """A receipt's place: its number within the environment and the service it is about."""

    path: str
    sequence: int
    label: str


def app(service: str) -> str:
    """Return the folder of a service's manifests."""
    return f"{APPS}/{service}"


def overlay(service: str, environment: str) -> str:
    """Return the folder of a service's overlay for an environment."""
    return f"{APPS}/{service}/overlays/{environment}"


def kustomization(service: str, environment: str) -> str:
    """Return the file that pins a service's image in an environment."""
    return f"{overlay(service, environment)}/kustomization.yaml"


def release_set(environment: str) -> str:
    """Return the file of an environment's release set."""
    return f"{RELEASES}/{environment}/release.lock.json"


def receipts(environment: str) -> str:
    """Return the folder of an environment's receipts."""
    return f"{RELEASES}/{environment}/receipts"


def receipt(environment: str, sequence: int, label: str, digest: str) -> str:
    """Return the file of one receipt.

    Args:
        environment: whose receipt it is.
        sequence: its number, from 1.
        label: the service that moved, or "all".
        digest: of the service's image, or of the set when several moved.
    """
    return f"{receipts(environment)}/{sequence:06d}-{label}-{short(digest)}.json"


def receipt_name(path: str) -> ReceiptName | None:
    """Return what a receipt's path says, None when it is not a receipt's path."""
    found = _RECEIPT.fullmatch(path.rpartition("/")[2])
    return found and ReceiptName(path, int(found["sequence"]), found["label"])
