"""Every tracked Python file keeps ruff's rules and form, as pyproject.toml sets them."""

import os
import subprocess
from pathlib import Path

import pytest

from house import checkout

RUFF = str(Path(os.environ["PAVED_TOOL_RUFF"]).absolute())
CHECKS = {"rules": ("check", "--no-cache"), "form": ("format", "--no-cache", "--check")}
BROKEN = "import os\nclass x( object ):\n  pass\n"


def ruff(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ruff in the checkout, by its settings."""
    command = [RUFF, *arguments, "--config=pyproject.toml"]
    return subprocess.run(command, cwd=checkout.root(), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", CHECKS.values(), ids=CHECKS)
def test_every_file_passes(arguments: tuple[str, ...]) -> None:
    """Ruff finds nothing in any tracked Python file."""
    files = checkout.paths("*.py")
    assert files
    done = ruff(*arguments, *files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", CHECKS.values(), ids=CHECKS)
def test_a_broken_file_is_found(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Ruff, as it is called here, speaks up about a file that is wrong."""
    broken = tmp_path / "broken.py"
    broken.write_text(BROKEN)
    done = ruff(*arguments, str(broken))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "broken.py" in done.stdout
