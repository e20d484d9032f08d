"""What the tests of this folder share: one furnished workshop, one registry."""
# ruff: noqa: INP001

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from paved.supply.testing import Workshop, serving


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return keys, an image, claims about it and a signed layout, none of them to be changed."""
    return Workshop.open(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def signed(shop: Workshop, tmp_path: Path) -> Path:
    """Return a signed layout that the test may change."""
    return Path(shutil.copytree(shop.signed, tmp_path / "signed"))


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """Return the host of a registry that other tests use too."""
    with serving() as host:
        yield host


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Return the function that serves an empty registry; its blobs lie below the given folder."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serving("--disk", str(folder)))


@pytest.fixture
def unused_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
