"""The tour, as a newcomer takes it: from a fresh clone of what is committed, on real files."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from house.checkout import root

STEPS = ["scaffold", "build", "image", "sign", "release", "run", "measure"]
MINUTES = 60


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone of the checkout's HEAD, in a folder with a space in its name."""
    place = tmp_path_factory.mktemp("fresh") / "the clone"
    subprocess.run(
        ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", root(), place],
        check=True,
    )
    return place


def tour(clone: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Take the tour to its end."""
    return subprocess.run(
        [clone / "paved", "tour", "--json", *words],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=14 * MINUTES,
        check=False,
    )


def processes(*words: str) -> list[str]:
    """Return the command lines, of all processes, that have one of `words` in them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if any(word in line for word in words):
            found.append(line)
    return found


def wait_until_gone(*words: str, seconds: float = 60) -> list[str]:
    """Return the processes with one of `words` that are left when the time is over."""
    end = time.monotonic() + seconds
    while (left := processes(*words)) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def figures(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step's figures by name."""
    return {figure["name"]: figure["value"] for figure in step["figures"]}


@pytest.mark.parametrize("step", ["2/7 build", "5/7 release"])
def test_an_interrupted_tour_leaves_nothing_running(clone: Path, tmp_path: Path, step: str) -> None:
    """Ctrl-C in a step ends with 130, without a traceback, and with no process left behind."""
    scratch = tmp_path / "scratch"
    command: Sequence[str | Path] = [clone / "paved", "tour", "--dest", scratch]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, process_group=0
    ) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith(step):
                os.killpg(process.pid, signal.SIGINT)
        code = process.wait(2 * MINUTES)
    text = "".join(said)
    assert code == 130, text
    assert "Traceback" not in text
    assert str(scratch) in text
    assert wait_until_gone(str(scratch)) == []


def test_the_whole_tour(clone: Path, tmp_path: Path) -> None:
    """Every step is done, what it says is true of the files it leaves, and nothing else changed."""
    scratch = tmp_path / "the tour"
    done = tour(clone, "--dest", str(scratch), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    steps = {step["name"]: step for step in document["steps"]}
    assert list(steps) == STEPS
    assert {step["failure"] for step in steps.values()} == {""}
    verified = subprocess.run(
        [clone / "paved", "verify", scratch / "quotes" / "bazel-bin" / "signed"], check=False
    )
    assert verified.returncode == 0
    receipts = list((scratch / "operations" / "gitops" / "releases").glob("*/receipts/*"))
    assert figures(steps["release"])["signed receipts"] == 4
    assert len(receipts) == 7  # and three of the second release
    assert figures(steps["measure"])["events stored"] == len(
        (scratch / "events.jsonl").read_text(encoding="utf-8").splitlines()
    )
    changed = subprocess.run(
        ["git", "-C", clone, "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert changed.stdout == ""
    assert wait_until_gone(str(scratch)) == []


def test_a_folder_with_something_in_it_is_left_alone(clone: Path, tmp_path: Path) -> None:
    """A --dest that is not empty is a conflict, and its content stays."""
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    done = tour(clone, "--dest", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 6
    assert "is not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert mine.read_text() == "mine"
