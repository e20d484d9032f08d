"""A world for each test, and Git without this machine's configuration."""
# ruff: noqa: INP001

from collections.abc import Iterator
from pathlib import Path

import pytest

from paved.delivery import testing as worlds
from paved.delivery.testing import World


@pytest.fixture(scope="session", autouse=True)
def _plain_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let Git read no configuration but the repository's own and what makes it quick."""
    config = tmp_path_factory.mktemp("git") / "config"
    config.write_text("[init]\n\ttemplateDir =\n[receive]\n\tautogc = false\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session")
def empty_seed(_plain_git: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the world that `world` copies."""
    return worlds.make(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def shop_seed(empty_seed: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the world that `shop` copies."""
    seed = worlds.copy_of(empty_seed, tmp_path_factory.mktemp("shop") / "world")
    seed.bring("orders")
    return seed


@pytest.fixture(scope="session")
def dev_seed(shop_seed: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the world that `dev` copies."""
    seed = worlds.copy_of(shop_seed, tmp_path_factory.mktemp("dev") / "world")
    seed.pin("orders", "1")
    return seed


@pytest.fixture(scope="session")
def prod_seed(dev_seed: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the world that `prod` copies."""
    seed = worlds.copy_of(dev_seed, tmp_path_factory.mktemp("prod") / "world")
    seed.release("orders", "1")
    seed.release("orders", "2")
    return seed


@pytest.fixture
def world(empty_seed: World, tmp_path: Path) -> World:
    """Return a world with nothing in it but a remote and a checkout."""
    return worlds.copy_of(empty_seed, tmp_path / "world")


@pytest.fixture
def shop(shop_seed: World, tmp_path: Path) -> World:
    """Return a world with the service orders onboarded."""
    return worlds.copy_of(shop_seed, tmp_path / "world")


@pytest.fixture
def dev(dev_seed: World, tmp_path: Path) -> World:
    """Return a world whose dev runs orders 1."""
    return worlds.copy_of(dev_seed, tmp_path / "world")


@pytest.fixture
def prod(prod_seed: World, tmp_path: Path) -> World:
    """Return a world where every environment ran orders 1 and then 2."""
    return worlds.copy_of(prod_seed, tmp_path / "world")
