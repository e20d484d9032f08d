"""Fixtures of the locked tools' tests; where Bazel does not, they make tools/ an import root."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLS = str(Path(__file__).resolve().parents[3])
if "toolchain" not in sys.modules and TOOLS not in sys.path:
    sys.path.insert(0, TOOLS)

from toolchain.testing import registry, workshop  # noqa: E402


@pytest.fixture
def loopback() -> Iterator[registry.Registry]:
    """Yield a registry that runs on loopback."""
    with registry.serve() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, loopback: registry.Registry) -> workshop.Workshop:
    """Return a copy of the toolchain with an empty cache."""
    return workshop.Workshop(tmp_path, loopback)
