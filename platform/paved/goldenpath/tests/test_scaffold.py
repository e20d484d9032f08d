"""A new repository: whole or not at all, the same from the same answers, errors all at once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paved.adapters import copier
from paved.errors import Conflict, EnvironmentProblem, InputError
from paved.goldenpath.answers import Answers, read_recorded
from paved.goldenpath.scaffold import preview, scaffold
from paved.goldenpath.source import open_source
from paved.goldenpath.testing import commit_all, git, order

_SMALL_DISK = """
import resource, sys
from pathlib import Path
from paved.errors import EnvironmentProblem
from paved.goldenpath.scaffold import scaffold
from paved.goldenpath.source import open_source
from paved.goldenpath.testing import order

source = open_source(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    scaffold(order(Path(sys.argv[2])), source)
except EnvironmentProblem as error:
    print(error)
"""
_RACE = """
import sys
from pathlib import Path
from paved.errors import Conflict
from paved.goldenpath.scaffold import scaffold
from paved.goldenpath.source import open_source
from paved.goldenpath.testing import order

try:
    scaffold(order(Path(sys.argv[2]), team=sys.argv[3]), open_source(Path(sys.argv[1])))
except Conflict:
    sys.exit(6)
"""


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of `folder` with its bytes and permissions."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mode) for p in files}


def start(script: str, *words: object) -> subprocess.Popen[str]:
    """Start a Python process with this process's import path."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_defaults(platform: Path, tmp_path: Path) -> None:
    """Defaults render; the name is the folder's where that is a legal name."""
    made = scaffold(order(tmp_path / "orders"), open_source(platform))
    assert made.answers["name"] == "orders"
    assert sorted(tree(made.target)) == list(made.files)
    assert (
        scaffold(order(tmp_path / "My Folder"), open_source(platform)).answers["name"] == "quotes"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["My Folder", "orders"]


def test_same_bytes(platform: Path, tmp_path: Path) -> None:
    """The same answers give the same bytes and fingerprint, wherever they are rendered to."""
    first = scaffold(order(tmp_path / "one", name="quotes"), open_source(platform))
    second = scaffold(order(tmp_path / "two", name="quotes"), open_source(platform))
    other = scaffold(order(tmp_path / "six", name="prices"), open_source(platform))
    assert tree(first.target) == tree(second.target)
    assert first.fingerprint == second.fingerprint != other.fingerprint


def test_recorded_again(platform: Path, tmp_path: Path) -> None:
    """The answers file of one repository makes another one like it."""
    source = open_source(platform)
    first = scaffold(order(tmp_path / "one", interface="grpc", tier="tier-1"), source)
    file = first.target / ".copier-answers.service.yml"
    recorded = read_recorded(file.read_text(), file.name)
    second = scaffold(order(tmp_path / "two", recorded=recorded), source)
    assert tree(first.target) == tree(second.target)


def test_preview(platform: Path, tmp_path: Path) -> None:
    """A preview names the files and answers of the real thing, and writes nothing."""
    source = open_source(platform)
    seen = preview(order(tmp_path / "quotes"), source)
    assert list(tmp_path.iterdir()) == []
    assert seen == scaffold(order(tmp_path / "quotes"), source)


def test_every_answer(platform: Path, tmp_path: Path) -> None:
    """Every answer that is refused is reported at once, and nothing is written."""
    wrong = order(tmp_path / "x", name="json", team="Team A", tier="gold", domain="localhost")
    with pytest.raises(InputError) as refused:
        scaffold(wrong, open_source(platform))
    problems = {problem.where: problem for problem in refused.value.problems}
    assert list(problems) == ["name", "team", "tier", "domain"]
    assert "standard library" in problems["name"].what
    assert problems["tier"].expected == "one of tier-1, tier-2, tier-3"
    assert "example.com" in problems["domain"].expected
    assert list(tmp_path.iterdir()) == []


def test_git(platform: Path, tmp_path: Path) -> None:
    """With a commit asked for, the result is a clean repository of one commit on main."""
    made = scaffold(order(tmp_path / "quotes", commit=True), open_source(platform))
    assert git(made.target, "status", "--porcelain") == ""
    assert git(made.target, "log", "--format=%s %an", "main").endswith("service Example")
    assert git(made.target, "ls-files").splitlines() == list(made.files)


def test_no_identity(platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an identity for that commit nothing is made, and the hint says how to set one."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    with pytest.raises(EnvironmentProblem, match=r"git config --global .* leave out --git"):
        scaffold(order(tmp_path / "quotes", commit=True), open_source(platform))
    assert list(tmp_path.iterdir()) == []


def test_taken(platform: Path, tmp_path: Path) -> None:
    """A target with content is refused, and its content stays."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(Conflict):
        scaffold(order(tmp_path / "mine"), open_source(platform))
    assert tree(tmp_path) == {"mine/file": (b"mine", (tmp_path / "mine/file").stat().st_mode)}


def test_unknown(platform: Path, tmp_path: Path) -> None:
    """An unknown path or question is refused before anything is rendered."""
    with pytest.raises(InputError, match="no golden path 'job'"):
        scaffold(order(tmp_path / "x", path="job"), open_source(platform))
    with pytest.raises(InputError, match="asks no question 'colour'"):
        scaffold(order(tmp_path / "x", colour="red"), open_source(platform))


def test_newer_answers(own_platform: Path, tmp_path: Path) -> None:
    """Answers of a commit that this one does not have are refused; of an older one, taken."""
    old = git(own_platform, "rev-parse", "HEAD")
    (own_platform / "NEWS").write_text("new")
    new = commit_all(own_platform)
    newer = order(tmp_path / "x", recorded=Answers({}, recorded_by=new[:10]))
    with pytest.raises(Conflict, match="git pull"):
        scaffold(newer, open_source(own_platform, old))
    older = order(tmp_path / "x", recorded=Answers({}, recorded_by=old[:10]))
    assert scaffold(older, open_source(own_platform)).commit == new


def test_releases(own_platform: Path, tmp_path: Path) -> None:
    """The newest release is rendered and recorded by its tag, whatever came after it."""
    released = git(own_platform, "rev-parse", "HEAD")
    listed = [{"version": "0.1.0", "commit": released}]
    (own_platform / "releases.json").write_text(json.dumps(listed))
    (own_platform / "golden-paths/service/template/NEWS").write_text("unreleased")
    commit_all(own_platform)
    assert "git tag v0.1.0" in open_source(own_platform).chosen.notes[0]
    git(own_platform, "tag", "v0.1.0", released)
    source = open_source(own_platform)
    made = scaffold(order(tmp_path / "quotes"), source)
    assert source.chosen.notes == ()
    assert "NEWS" not in made.files
    assert "_commit: v0.1.0\n" in (made.target / ".copier-answers.service.yml").read_text()
    assert "NEWS" in scaffold(order(tmp_path / "next"), open_source(own_platform, "HEAD")).files


def test_uncommitted(own_platform: Path, tmp_path: Path) -> None:
    """Changes that are not committed are named and left out."""
    (own_platform / "golden-paths/service/template/NEWS").write_text("draft")
    source = open_source(own_platform)
    assert source.uncommitted() == ("golden-paths/service/template/NEWS",)
    assert "NEWS" not in scaffold(order(tmp_path / "quotes"), source).files


def test_no_repository(tmp_path: Path) -> None:
    """A platform that is no Git repository, or an empty one, is said to be that."""
    with pytest.raises(InputError, match="not a Git working copy"):
        open_source(tmp_path)
    git(tmp_path, "init", "--quiet")
    with pytest.raises(EnvironmentProblem, match="no commit yet"):
        open_source(tmp_path)


def test_interrupted(platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt while files are written leaves nothing."""

    def interrupted(_order: copier.Render, target: Path, _scratch: Path) -> None:
        target.mkdir(parents=True)
        (target / "half").write_text("written")
        raise KeyboardInterrupt

    monkeypatch.setattr(copier, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scaffold(order(tmp_path / "quotes"), open_source(platform))
    assert list(tmp_path.iterdir()) == []


def test_full_disk(platform: Path, tmp_path: Path) -> None:
    """Files that cannot be written are an error of the machine, and nothing half-written stays."""
    process = start(_SMALL_DISK, platform, tmp_path / "quotes")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.startswith("git failed: ")
    assert "run the same command again" in said
    assert list(tmp_path.iterdir()) == []


def test_two_at_once(platform: Path, tmp_path: Path) -> None:
    """Of two runs with one target one wins, whole; the other is refused; nothing else stays."""
    target = tmp_path / "quotes"
    runs = [start(_RACE, platform, target, team) for team in ("team-a", "team-b")]
    codes = [run.wait(timeout=60) for run in runs]
    assert sorted(codes) == [0, 6]
    winner = ("team-a", "team-b")[codes.index(0)]
    owners = {p.read_text().count(f"/{winner}") for p in target.glob("catalog-info.yaml")}
    assert owners == {1}
    assert [path.name for path in tmp_path.iterdir()] == ["quotes"]
