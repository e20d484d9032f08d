"""`paved new`: what it prints where, and what it leaves."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from paved.cli import new
from paved.errors import Conflict, InputError
from paved.goldenpath.testing import make_platform
from paved.metrics.events import Accepted, Event, ServiceScaffolded, decode


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a platform repository, and Git without anybody's settings."""
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Example\n\temail = example@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return make_platform(tmp_path / "paved")


def run(platform: Path, *words: object) -> Result:
    """Run `paved new` on `platform`; an error of the toolkit is raised."""
    app = typer.Typer()
    new.register(app)
    result = CliRunner().invoke(app, [*map(str, words), "--platform", str(platform)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_list(platform: Path) -> None:
    """Paths are listed for people, and with their questions for programs."""
    assert run(platform, "--list").stdout.startswith("service ")
    (path,) = json.loads(run(platform, "--list", "--json").stdout)
    assert path["name"] == "service"
    assert "tier" in [question["name"] for question in path["questions"]]


def test_made(platform: Path, tmp_path: Path) -> None:
    """Standard output is the folder that was made; what else there is to say is on the other."""
    target = tmp_path / "quotes"
    result = run(platform, "service", target, "--defaults")
    assert result.stdout == f"{target}\n"
    assert "no release is listed" in result.stderr
    assert (target / "BUILD.bazel").is_file()
    assert not (target / ".git").exists()


def test_dry_run(platform: Path, tmp_path: Path) -> None:
    """A dry run lists the files as data, and writes neither them nor an event."""
    target, events = tmp_path / "quotes", tmp_path / "events"
    words = ("service", target, "--defaults", "--dry-run", "--events", events)
    plain, document = run(platform, *words), json.loads(run(platform, *words, "--json").stdout)
    assert plain.stdout.splitlines() == document["files"]
    assert document["answers"]["name"] == "quotes"
    assert document["target"] == str(target)
    assert not target.exists()
    assert not events.exists()


def test_answers(platform: Path, tmp_path: Path) -> None:
    """Answers come from a file, and single ones win over it."""
    file = tmp_path / "answers.yml"
    file.write_text("name: orders\nteam: shop\n")
    words = (
        "service",
        tmp_path / "x",
        "--answers",
        file,
        "-d",
        "team=pay",
        "-l",
        "--git",
        "--json",
    )
    document = json.loads(run(platform, *words).stdout)
    assert (document["answers"]["name"], document["answers"]["team"]) == ("orders", "pay")
    assert (tmp_path / "x" / ".git").is_dir()


def test_event(platform: Path, tmp_path: Path) -> None:
    """The event is one that the metrics read, and the same for the same thing made again."""
    events = tmp_path / "events.jsonl"
    for target in ("one", "two"):
        words = ("service", tmp_path / target, "-l", "-d", "name=quotes", "-d", "team=shop")
        run(platform, *words, "--events", events)
    read = [decode(line) for line in events.read_bytes().splitlines()]
    accepted = [item for item in read if isinstance(item, Accepted)]
    assert len(accepted) == 2
    assert accepted[0].key == accepted[1].key
    event = accepted[0].event
    assert isinstance(event, Event)
    assert isinstance(event.body, ServiceScaffolded)
    assert (event.body.service, event.body.team) == ("quotes", "shop")
    assert event.body.template.startswith("service@")


def test_uncommitted(platform: Path, tmp_path: Path) -> None:
    """What is left out because it is not committed is said."""
    (platform / "copier.yml").write_text("broken: [")
    said = run(platform, "service", tmp_path / "x", "--defaults").stderr
    assert "left out, because it is not committed: copier.yml" in said


def test_missing_words(platform: Path, tmp_path: Path) -> None:
    """Without a target, a terminal, or a readable file of answers nothing is made."""
    with pytest.raises(InputError, match="PATH and DEST"):
        run(platform, "service")
    with pytest.raises(InputError, match="no terminal to ask on"):
        run(platform, "service", tmp_path / "x")
    with pytest.raises(InputError, match="cannot be read"):
        run(platform, "service", tmp_path / "x", "-l", "--answers", tmp_path / "none")
    assert not (tmp_path / "x").exists()


def test_current_folder(platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder is not replaced under the user's feet."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(Conflict, match="current folder"):
        run(platform, "service", ".", "--defaults")
    assert list(Path.cwd().iterdir()) == []
