"""Fixtures that the tests' conftest.py files share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain.testing import registry, workshop


@pytest.fixture
def loopback() -> Iterator[registry.Registry]:
    """Yield a registry that runs on loopback."""
    with registry.serve() as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, loopback: registry.Registry) -> workshop.Workshop:
    """Return a copy of the toolchain with an empty cache."""
    return workshop.Workshop(tmp_path, loopback)
