"""The house's layers hold: who may import whom is written in pyproject.toml."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECK = "from importlinter.cli import lint_imports as lint; exit(lint(no_cache=True))"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts over the packages below `root`."""
    wheels = [path for path in sys.path if path.endswith("site-packages")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root.absolute()), *wheels])}
    command = [sys.executable, "-P", "-c", CHECK]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_layers_hold() -> None:
    """No import goes against the contracts of pyproject.toml."""
    done = lint(Path("platform"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_import_is_found(tmp_path: Path) -> None:
    """A feature that imports another one breaks a contract, by name."""
    copy = shutil.copytree("platform", tmp_path / "platform")
    (copy / "paved" / "supply" / "wrong.py").write_text("import paved.metrics\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "paved.supply.wrong -> paved.metrics" in done.stdout
