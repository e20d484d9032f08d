"""A folder that appears whole or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from paved.errors import Conflict, InputError
from paved.goldenpath.staging import MARK, check_target, stage

_KILLED = """
import os, signal, sys
from pathlib import Path
from paved.goldenpath.staging import stage

with stage(Path(sys.argv[1])) as place:
    place.tree.mkdir(parents=True)
    (place.tree / "half").write_text("written")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def fill(tree: Path) -> None:
    """Make a folder with one file."""
    tree.mkdir(parents=True)
    (tree / "file").write_text("content")


def left(folder: Path) -> list[str]:
    """Return the names of stages in `folder`."""
    return [path.name for path in folder.glob(f"{MARK}*")]


def test_publish(tmp_path: Path) -> None:
    """The target appears with everything in it, folders above it too, and nothing else stays."""
    target = tmp_path / "new" / "target"
    with stage(target) as place:
        fill(place.tree)
        assert not target.exists()
        place.publish()
    assert [path.name for path in target.iterdir()] == ["file"]
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_empty_target(tmp_path: Path) -> None:
    """An empty folder is a free target."""
    target = tmp_path / "target"
    target.mkdir()
    with stage(target) as place:
        fill(place.tree)
        place.publish()
    assert (target / "file").read_text() == "content"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_interrupted(tmp_path: Path, error: type[BaseException]) -> None:
    """What ends early leaves neither the target nor a stage."""
    with pytest.raises(error), stage(tmp_path / "target") as place:  # noqa: PT012
        fill(place.tree)
        raise error
    assert list(tmp_path.iterdir()) == []


def test_killed(tmp_path: Path) -> None:
    """What is killed leaves a marked folder at most, and the next run removes it."""
    target = tmp_path / "target"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _KILLED, str(target)]
    done = subprocess.run(command, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert len(left(tmp_path)) == 1
    with stage(target) as place:
        fill(place.tree)
        place.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_two_at_once(tmp_path: Path) -> None:
    """A stage whose maker lives is left alone; of two for one target the second is refused."""
    target = tmp_path / "target"
    with stage(target) as first:
        fill(first.tree)
        with stage(target) as second:
            assert len(left(tmp_path)) == 2
            fill(second.tree)
            (second.tree / "second").write_text("")
            first.publish()
            with pytest.raises(Conflict, match="not an empty folder"):
                second.publish()
    assert [path.name for path in target.iterdir()] == ["file"]
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_file_above(tmp_path: Path) -> None:
    """A file where a folder is needed is the user's mistake, said as such."""
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file" / "target", tmp_path / "file" / "deeper" / "target"):
        with pytest.raises(InputError, match="a file stands"), stage(target):
            pass


def test_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target is refused that has content, is a file, is where we are or inside the platform."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    platform = tmp_path / "paved"
    taken = [tmp_path / "full", tmp_path / "full" / "file", tmp_path / "here", platform / "x"]
    for target in taken:
        with pytest.raises(Conflict):
            check_target(target, platform)
    check_target(tmp_path / "free", platform)
    assert (tmp_path / "full" / "file").read_text() == "mine"
