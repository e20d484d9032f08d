"""GitHub would take the workflows, and they use what they name, not what a tag may become."""

import re
import subprocess
import sys
from pathlib import Path

WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
PINNED = re.compile(r"@[0-9a-f]{40} # v\d")
BROKEN = "on: push\njobs:\n  test:\n    steps: []\n"


def check(*files: Path) -> subprocess.CompletedProcess[str]:
    """Compare workflows with GitHub's schema, as check-jsonschema carries it."""
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema=vendor.github-workflows", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_workflows_fit_the_schema() -> None:
    """Each workflow is one by GitHub's schema."""
    assert WORKFLOWS
    done = check(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_workflow_is_found(tmp_path: Path) -> None:
    """A job without a machine to run on does not fit."""
    broken = tmp_path / "broken.yml"
    broken.write_text(BROKEN)
    assert "runs-on" in check(broken).stdout


def test_actions_are_pinned() -> None:
    """An action is named by its commit, with the version beside it."""
    lines = [line for path in WORKFLOWS for line in path.read_text().splitlines()]
    used = [line for line in lines if "uses:" in line]
    assert used
    assert [line for line in used if not PINNED.search(line)] == []
