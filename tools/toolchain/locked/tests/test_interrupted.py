"""Runs that are killed, interrupted, run twice at once, or find the disk full."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain.testing import archives
from toolchain.testing.registry import Stall
from toolchain.testing.workshop import SECONDS, Workshop, entry, finish

HELLO = archives.script("hello 1.2.3")


@pytest.fixture(params=["deb", "wheel"])
def stalled(request: pytest.FixtureRequest, shop: Workshop) -> Stall:
    """Lock the tool `hello`, whose archive comes half until it is released."""
    made = shop.deb_source if request.param == "deb" else shop.wheel_source
    shop.write_lock(entry("hello", made("hello", HELLO)))
    [path] = [path for path in shop.registry.files if path.endswith((".deb", ".whl"))]
    return shop.registry.stall(path)


def programs(shop: Workshop) -> list[Path]:
    """Return what looks like a finished program in the cache."""
    return sorted((shop.cache / "tools").glob("*/[0-9]*/bin/*"))


@pytest.mark.parametrize("kill", [os.killpg, os.kill], ids=["all processes", "fetch.py alone"])
def test_killed_half_way(shop: Workshop, stalled: Stall, kill: Callable[[int, int], None]):
    """After kill -9 half-way nothing looks finished, and the same command then works."""
    process = shop.start("tool", "hello")
    assert stalled.reached.wait(SECONDS)
    kill(process.pid, signal.SIGKILL)
    process.wait()
    assert programs(shop) == []
    stalled.release.set()
    again = shop.fetch("tool", "hello")
    assert again.status == 0, again.err
    assert [str(path) for path in programs(shop)] == [again.out.strip()]
    assert programs(shop)[0].read_bytes() == HELLO
    assert shop.left_over() == []


def test_interrupted_by_the_user(shop: Workshop, stalled: Stall):
    """Ctrl-C ends with status 130, a word and no traceback, and leaves nothing behind."""
    process = shop.start("tool", "hello")
    assert stalled.reached.wait(SECONDS)
    os.killpg(process.pid, signal.SIGINT)
    stalled.release.set()
    done = finish(process)
    assert done.status == 130
    assert "interrupted" in done.err
    assert "Traceback" not in done.err
    assert (programs(shop), shop.left_over()) == ([], [])


def test_two_at_once(shop: Workshop, stalled: Stall):
    """Of two runs one fetches; the other says that it waits, and gives the same path."""
    first = shop.start("tool", "hello")
    assert stalled.reached.wait(SECONDS)
    second = shop.start("tool", "hello")
    said = _line_with(second, "waiting for another run")
    stalled.release.set()
    one, two = finish(first), finish(second)
    assert (one.status, two.status) == (0, 0), (one.err, two.err)
    assert said
    assert one.out == two.out
    archive = [path for path in shop.registry.asked if path.endswith((".deb", ".whl"))]
    assert len(archive) == 1


def _line_with(process: subprocess.Popen[str], text: str) -> str:
    """Return the first line of a process's stderr that holds `text`."""
    return next((line for line in process.stderr or () if text in line), "")
