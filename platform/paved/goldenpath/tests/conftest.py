# ruff: noqa: INP001  a folder of tests is no package
"""Fixtures: Git without anybody's settings, platform repositories, services rendered from them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paved.goldenpath.answers import read_recorded
from paved.goldenpath.scaffold import scaffold
from paved.goldenpath.source import open_source
from paved.goldenpath.testing import EXAMPLES, make_platform, order


@pytest.fixture(scope="session", autouse=True)
def git_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give Git an identity, and none of the machine's or the user's settings."""
    settings = tmp_path_factory.mktemp("git") / "config"
    settings.write_text("[user]\n\tname = Example\n\temail = example@example.com\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a platform repository that no test changes."""
    return make_platform(tmp_path_factory.mktemp("shared") / "paved")


@pytest.fixture
def own_platform(tmp_path: Path) -> Path:
    """Give a platform repository of the test's own."""
    return make_platform(tmp_path / "paved")


@pytest.fixture(scope="session", params=["grpc", "http"])
def rendered(
    request: pytest.FixtureRequest, platform: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the service rendered from each recorded example."""
    target = tmp_path_factory.mktemp("rendered") / request.param
    file = EXAMPLES / f"{request.param}.yml"
    recorded = read_recorded(file.read_text("utf-8"), file.name)
    return scaffold(order(target, recorded=recorded), open_source(platform)).target
