"""Which commit is rendered, and whose answers are too new for it."""

import json

import pytest

from paved.errors import Conflict, EnvironmentProblem, InputError
from paved.goldenpath.releases import Choice, Release, choose, read_releases, refuse_newer

OLD, NEW, HEAD = "1" * 40, "2" * 40, "3" * 40
RELEASES = (Release("0.9.0", OLD), Release("0.10.0", NEW))
ORDER = (OLD, NEW, HEAD)


def resolver(**names: str):
    """Return a clone's knowledge: HEAD, every commit, and `names`."""
    known = {"HEAD": HEAD} | {commit: commit for commit in ORDER} | names
    return lambda revision: known.get(revision.removeprefix("refs/tags/"), "")


def contains(commit: str, ancestor: str) -> bool:
    """Tell ancestry in a history of three commits."""
    return ORDER.index(ancestor) <= ORDER.index(commit)


def test_head_before_the_first_release() -> None:
    """While no release is listed HEAD is rendered, and said to be."""
    choice = choose((), "", resolver())
    assert choice.commit == HEAD
    assert "no release is listed" in choice.notes[0]


def test_newest_release() -> None:
    """The newest release by version, not by text, is rendered when nothing is asked for."""
    choice = choose(RELEASES, "", resolver(**{"v0.10.0": NEW}))
    assert choice == Choice(NEW, "0.10.0")


@pytest.mark.parametrize("asked", ["0.9.0", "v0.9.0"])
def test_asked_release(asked: str) -> None:
    """A release is known by its version and by its tag."""
    assert choose(RELEASES, asked, resolver(**{"v0.9.0": OLD})).commit == OLD


def test_missing_tag() -> None:
    """A release without its tag is rendered from the listed commit, with the command to tag it."""
    choice = choose(RELEASES, "", resolver())
    assert (choice.commit, choice.version) == (NEW, "0.10.0")
    assert f"git tag v0.10.0 {NEW}" in choice.notes[0]


def test_missing_commit() -> None:
    """A release whose commit has not reached the clone cannot be rendered."""
    with pytest.raises(EnvironmentProblem, match=r"0\.10\.0 is not in this clone"):
        choose(RELEASES, "", lambda _: "")


def test_any_revision() -> None:
    """A branch or commit is rendered as it is; what nothing knows is refused."""
    assert choose(RELEASES, "topic", resolver(topic=HEAD)).commit == HEAD
    with pytest.raises(InputError, match=r"releases: v0\.9\.0, v0\.10\.0"):
        choose(RELEASES, "nonsense", resolver())


@pytest.mark.parametrize("recorded", [OLD, NEW, "v0.9.0", "v0.9.0-4-g2222222", "2222222"])
def test_older_answers(recorded: str) -> None:
    """Answers of the rendered commit or an older one are taken, tagged here or not."""
    resolve = resolver(**{"2222222": NEW})
    refuse_newer(recorded, RELEASES, Choice(NEW), resolve, contains)


@pytest.mark.parametrize("recorded", [HEAD, "v0.11.0", "v0.11.0-1-gabcdef0", "abcdef0"])
def test_newer_answers(recorded: str) -> None:
    """Answers of a commit that the rendered one does not have are refused with a way out."""
    with pytest.raises(Conflict, match="git pull --tags"):
        refuse_newer(recorded, RELEASES, Choice(NEW, "0.10.0"), resolver(), contains)


def test_list() -> None:
    """The list is read in order of version."""
    listed = [{"version": "0.10.0", "commit": NEW}, {"version": "0.9.0", "commit": OLD}]
    assert read_releases(json.dumps(listed)) == RELEASES
    assert read_releases("") == read_releases("[]") == ()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '[{"version": "v1", "commit": "x"}]',
        f'[{{"version": "01.0.0", "commit": "{OLD}"}}]',
        f'[{{"version": "1.0.0", "commit": "{OLD}", "date": 1}}]',
    ],
)
def test_wrong_list(text: str) -> None:
    """Anything else is refused with the file's name."""
    with pytest.raises(InputError, match=r"releases\.json"):
        read_releases(text)
