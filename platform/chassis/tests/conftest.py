# ruff: noqa: INP001  a folder of tests is no package
"""Fixtures: services as processes, their compiled stubs, and a receiver of spans."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from grpc_tools import protoc  # type: ignore[import-untyped]

from chassis.tests.harness import SERVICES, Process, Receiver, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts a service of tests/services; all are ended afterwards."""
    running: list[Process] = []

    def start(script: str, **variables: str) -> Process:
        running.append(Process(script, tmp_path, variables))
        return running[-1]

    yield start
    for process in running:
        process.end()


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Compile demo.proto where this process, and those it starts, can import it."""
    folder = tmp_path_factory.mktemp("stubs")
    outputs = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main(["protoc", f"-I{SERVICES}", *outputs, str(SERVICES / "demo.proto")]):
        pytest.fail("demo.proto does not compile")
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give an OTLP/HTTP receiver on a free loopback port."""
    made = Receiver()
    yield made
    made.close()
