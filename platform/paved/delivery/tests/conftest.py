"""A world for each test, and Git without this machine's configuration."""

from pathlib import Path

import pytest

from paved.delivery.tests import world as worlds
from paved.delivery.tests.world import World


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Git read no configuration but the repository's own."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with nothing in it but a remote and a checkout."""
    return worlds.make(tmp_path)


@pytest.fixture
def shop(world: World) -> World:
    """Return a world with the service orders onboarded."""
    world.bring("orders")
    return world
