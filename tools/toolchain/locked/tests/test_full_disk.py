"""A disk that fills up, simulated where bytes are written: no mount needs root that way."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from toolchain import cache
from toolchain.locked import entry, install, lockfile, wheel
from toolchain.locked.gorunner import Runner
from toolchain.locked.model import Tool
from toolchain.problems import ToolchainError
from toolchain.testing import archives
from toolchain.testing.workshop import Workshop
from toolchain.testing.workshop import entry as described
from toolchain.toolkit import uv


@pytest.fixture
def tool(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Return the tool `hello`, to be fetched in this process."""
    shop.write_lock(described("hello", shop.deb_source("hello", archives.script("hello"))))
    for name, value in shop.environment().items():
        monkeypatch.setenv(name, value)
    [tool] = lockfile.read(shop.toolchain / "tools.lock.json")
    return tool


def full(*_args: object, **_named: object) -> NoReturn:
    """Fail as a write does on a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", [(shutil, "move"), (entry, "seal"), (cache, "sync")])
def test_full_at_any_step(
    tool: Tool, shop: Workshop, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str]
):
    """Where the disk fills up, the error says so, no entry appears, and later it works."""
    with monkeypatch.context() as patched:
        patched.setattr(*step, full)
        with pytest.raises(ToolchainError, match="no space left on the disk") as raised:
            install.ensure("hello", [tool])
    assert "PAVED_CACHE" in raised.value.problems[0].hint
    assert entry.programs(tool) is None
    assert shop.left_over() == []
    assert install.ensure("hello", [tool])[0].is_file()


@pytest.mark.parametrize(
    ("explain", "said"),
    [
        (
            lambda said: wheel.error("x==1", said),
            "ERROR: Could not install packages: [Errno 28] No space left on device",
        ),
        (
            lambda said: Runner(Path("go"), "example.com/m@v1.0.0", 0).error("build", said),
            "go: writing stat cache: write /c/x.info123.tmp: no space left on device",
        ),
        (uv.error, "error: failed to write to file `x`: No space left on device (os error 28)"),
    ],
    ids=["pip", "go", "uv"],
)
def test_full_for_a_child(explain: Callable[[str], ToolchainError], said: str):
    """What pip, Go and uv write on a full disk is recognized."""
    assert explain(said).problems[0].what == "no space left on the disk"
