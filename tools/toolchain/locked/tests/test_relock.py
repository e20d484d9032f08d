"""Renewing the lock: what moves, what stays, and that a failure writes nothing."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain.debian import Deb
from toolchain.locked import lockfile, relock, resolve
from toolchain.locked.model import DebSource, GoSource, Tool, WheelSource
from toolchain.problems import ToolchainError
from toolchain.testing import archives
from toolchain.testing.workshop import Workshop, entry

OLD = Deb("hello", "1.2.3-1", "pool/hello_1.2.3-1.deb", "0" * 64, 10)
H1 = "h1:" + "A" * 43 + "="


def tool(*sources: DebSource | WheelSource | GoSource) -> Tool:
    """Return the tool `hello` 1.2.3."""
    return Tool("hello", "1.2.3", "greets", ("hello",), ("--version",), sources, "")


@pytest.mark.parametrize(
    ("found", "upstream"),
    [("1.2.3-2", "1.2.3"), ("1:1.3.0+ds1-1", "1.3.0"), ("1.3~rc1-1", "1.3"), ("2.0", "2.0")],
)
def test_package_decides_the_version(found: str, upstream: str):
    """A tool follows its package: the upstream version is read from the suite's own."""
    deb = DebSource("testing", OLD, {"hello": "usr/bin/hello"})
    newer = replace(OLD, version=found, sha256="1" * 64)
    got = resolve.resolve(tool(deb), "", {"testing": {"hello": newer}})
    assert got.version == upstream
    assert got.sources == (replace(deb, deb=newer),)
    assert lockfile.says(got.sources[0], upstream)


@pytest.fixture
def lock(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lock the wheel of `hello`, to be looked up in this process; return the lock's path."""
    for name, value in shop.environment().items():
        monkeypatch.setenv(name, value)
    shop.write_lock(entry("hello", shop.wheel_source("hello", archives.script("hello"))))
    return shop.toolchain / "tools.lock.json"


def test_unchanged_lock_is_written_the_same(lock: Path):
    """Looking up what has not moved gives the same lock, in its stable form."""
    tools = lockfile.read(lock)
    assert relock.renew([], tools, lock) == 0
    assert lockfile.read(lock) == tools
    assert lock.read_text() == lockfile.dump(tools)


def test_version_that_is_asked_for(shop: Workshop, lock: Path):
    """`NAME=VERSION` moves a wheel to that version, with the hash that the index has for it."""
    wanted = shop.wheel_source("hello", archives.script("newer"), version="1.3.0")
    relock.renew(["hello=1.3.0"], lockfile.read(lock), lock)
    [document] = json.loads(lock.read_text())["tools"]
    assert document["version"] == "1.3.0"
    assert document["sources"] == [wanted]


def test_failure_writes_nothing(lock: Path):
    """When a version cannot be found, the error says so and the lock stays as it was."""
    before = lock.read_bytes()
    with pytest.raises(ToolchainError, match="does not have it"):
        relock.renew(["hello=9.9.9"], lockfile.read(lock), lock)
    assert lock.read_bytes() == before
    assert [path.name for path in lock.parent.glob("*.json*")] == ["tools.lock.json"]


def test_added_entry_can_be_fetched(shop: Workshop, lock: Path):
    """`add` writes an entry that the fetcher then fetches."""
    shop.wheel_source("bye", archives.script("bye"))
    parser = argparse.ArgumentParser()
    relock.arguments(parser)
    words = ["bye", "--version", "1.2.3", "--purpose", "parts", "--wheel", "bye-bin"]
    relock.add(parser.parse_args(words), lockfile.read(lock), lock)
    assert [found.name for found in lockfile.read(lock)] == ["bye", "hello"]
    assert shop.fetch("tool", "bye").status == 0


def test_add_needs_a_source(lock: Path):
    """An entry without a source is refused."""
    parser = argparse.ArgumentParser()
    relock.arguments(parser)
    options = parser.parse_args(["bye", "--version", "1", "--purpose", "parts"])
    with pytest.raises(ToolchainError, match="no source is named"):
        relock.add(options, lockfile.read(lock), lock)


def test_linker_flags_follow_the_version(monkeypatch: pytest.MonkeyPatch):
    """The version that a Go program is stamped with moves along with its module."""
    monkeypatch.setattr(resolve, "go_source", lambda source: source)
    source = GoSource("example.com/m", "v1.2.3", ".", H1, H1, "1.21", "-X main.v=v1.2.3")
    got = resolve.resolve(tool(source), "1.3.0", {})
    assert got.sources == (replace(source, version="v1.3.0", ldflags="-X main.v=v1.3.0"),)
