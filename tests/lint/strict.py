"""Runs mypy as a program of its own, on the files and wheels that it is given."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

# Where imports of this repository begin.
ROOTS = ("platform", "tools", "tools/rules_oci/oci/private", "tests")


def complaints(files: Iterable[str | Path], *, base: Path, cache: Path) -> str:
    """Return what mypy says against `files`; nothing where it finds nothing.

    Args:
        files: what to check.
        base: the folder that holds pyproject.toml and the roots of imports.
        cache: a folder for mypy's own use.
    """
    command = [sys.executable, "-P", "-m", "mypy", "--config-file=pyproject.toml"]
    command += [f"--cache-dir={cache}", "--no-error-summary", *sorted(map(str, files))]
    wheels = [path for path in sys.path if path.endswith("site-packages")]
    environment = {"MYPYPATH": os.pathsep.join(ROOTS), "PYTHONPATH": os.pathsep.join(wheels)}
    done = subprocess.run(
        command, cwd=base, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
