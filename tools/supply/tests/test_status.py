"""The status command tells a commit only where the checkout is one."""

import os
import subprocess
from pathlib import Path

STATUS = Path(os.environ["STATUS"]).absolute()


def _git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
    command = ["git", *name, "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _status(folder: Path) -> str:
    command = ["sh", str(STATUS)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_clean_checkout_is_its_commit(tmp_path: Path) -> None:
    """Without changes the commit is told; with a new file nothing is."""
    _git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    _git(tmp_path, "add", "file")
    _git(tmp_path, "commit", "-q", "-m", "one")
    assert _status(tmp_path) == f"STABLE_GIT_COMMIT {_git(tmp_path, 'rev-parse', 'HEAD')}"
    (tmp_path / "other").write_text("two")
    assert _status(tmp_path) == ""
