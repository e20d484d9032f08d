"""Git through its adapter: exact bytes, no surprises from the environment, errors that say why."""

import multiprocessing
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paved.adapters import git
from paved.adapters.git import Checkout, Identity, Repository, Verdict
from paved.errors import Conflict, EnvironmentProblem, InputError

FORK = multiprocessing.get_context("fork")
WHO = Identity("Ada", "ada@example.com")
WHEN = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Git read no configuration but the repository's own."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """Return an empty bare repository."""
    return git.initialise(tmp_path / "remote.git", bare=True)


@pytest.fixture
def clone(remote: Path, tmp_path: Path) -> Repository:
    """Return a clone with an identity and one pushed commit."""
    repository = git.clone(str(remote), tmp_path / "a clone")
    git.configure(repository, "user.name", WHO.name)
    git.configure(repository, "user.email", WHO.email)
    (repository.root / "README.md").write_text("one\n")
    repository.push(repository.commit_all("docs: begin"), "origin", "main")
    return repository


def commit(repository: Repository, base: str, **files: bytes) -> str:
    """Commit `files` on `base`."""
    return repository.commit(base, files, "feat: more", WHO, WHEN)


NAMES = ("plain.txt", "with space", 'quo"te', "ünïcode/ß", "back\\slash", "tab\there")


def test_files_go_in_and_come_out_byte_for_byte(clone: Repository) -> None:
    """Odd names and bytes survive a commit, a listing and a read."""
    files = {name: f"{name}\r\n\0\xff".encode("latin-1", "replace") for name in NAMES}
    made = clone.commit(clone.resolve("HEAD"), files, "feat: odd", WHO, WHEN)
    assert clone.read(made, [*NAMES, "absent"]) == files
    assert {entry.path for entry in clone.entries(made, "")} == {*NAMES, "README.md"}


def test_a_commit_touches_neither_files_nor_index(clone: Repository) -> None:
    """Until it is forwarded to, a new commit shows nowhere."""
    base = clone.resolve("HEAD")
    made = commit(clone, base, a=b"a")
    assert (clone.resolve("HEAD"), clone.changed()) == (base, ())
    assert not (clone.root / "a").exists()
    assert clone.forward(made) == ""
    assert (clone.root / "a").read_bytes() == b"a"


def test_a_commit_depends_on_nothing_but_what_it_is_given(clone: Repository) -> None:
    """The same base, files, message, person and time give the same commit."""
    base = clone.resolve("HEAD")
    assert commit(clone, base, a=b"a") == commit(clone, base, a=b"a")


def test_a_push_is_never_by_force(clone: Repository, remote: Path, tmp_path: Path) -> None:
    """Of two commits on one base, the second to be pushed is told that the branch has moved."""
    base = clone.resolve("HEAD")
    first, second = commit(clone, base, a=b"a"), commit(clone, base, b=b"b")
    assert clone.push(first, "origin", "main").verdict is Verdict.LANDED
    assert clone.push(second, "origin", "main").verdict is Verdict.MOVED
    other = git.clone(str(remote), tmp_path / "other")
    assert other.push(commit(other, base, c=b"c"), "origin", "main").verdict is Verdict.MOVED
    assert Repository(remote).resolve("main") == first


def test_a_remote_that_declines_gives_its_reason(clone: Repository, remote: Path) -> None:
    """A hook of the remote is heard, its words are kept."""
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho only by pull request >&2\nexit 1\n")
    hook.chmod(0o755)
    push = clone.push(commit(clone, clone.resolve("HEAD"), a=b"a"), "origin", "main")
    assert push.verdict is Verdict.DECLINED
    assert "only by pull request" in push.reason


def test_hooks_of_the_user_do_not_run(clone: Repository) -> None:
    """A hook in the working copy neither stops a push, a commit or an update, nor is started."""
    for name in ("pre-push", "pre-commit", "post-merge", "reference-transaction"):
        hook = clone.root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{clone.root}/ran'\nexit 1\n")
        hook.chmod(0o755)
    made = commit(clone, clone.resolve("HEAD"), a=b"a")
    assert clone.push(made, "origin", "main").verdict is Verdict.LANDED
    assert clone.forward(made) == ""
    (clone.root / "b").write_text("b")
    clone.commit_all("feat: b")
    assert not (clone.root / "ran").exists()


def test_the_environment_does_not_redirect_git(
    clone: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that point Git elsewhere, or name somebody else, are not passed on."""
    base = clone.resolve("HEAD")
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert clone.resolve("HEAD") == base
    (clone.root / "b").write_text("b")
    clone.commit_all("feat: b")
    author = (clone.root / ".git" / "logs" / "HEAD").read_text().splitlines()[-1]
    assert "Ada <ada@example.com>" in author


@pytest.mark.parametrize("key", ["user.name", "user.email"])
def test_without_an_identity(clone: Repository, key: str) -> None:
    """A missing name or address is a problem of the machine, with the command that mends it."""
    git.configure(clone, key, "")
    with pytest.raises(EnvironmentProblem, match=r"git config user\.name"):
        clone.identity()


def test_a_branch_that_the_remote_has_not(remote: Path, tmp_path: Path) -> None:
    """An empty remote is an input error that says what to do."""
    empty = git.clone(str(remote), tmp_path / "empty")
    with pytest.raises(InputError, match="make a first commit"):
        empty.fetch("origin", "main")


def test_a_remote_that_is_not_there(clone: Repository, remote: Path) -> None:
    """A remote that does not answer is a problem of the machine, for fetch, push and clone."""
    made = commit(clone, clone.resolve("HEAD"), a=b"a")
    remote.rename(remote.with_name("moved.git"))
    for act in (
        lambda: clone.fetch("origin", "main"),
        lambda: clone.push(made, "origin", "main"),
        lambda: git.clone(str(remote), clone.root.parent / "other"),
    ):
        with pytest.raises(EnvironmentProblem, match="git remote -v"):
            act()


def test_git_itself_is_missing(clone: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git the error says so."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EnvironmentProblem, match="git is not installed"):
        clone.checkout()


def test_changes_are_seen(clone: Repository) -> None:
    """Modified, staged, deleted and untracked files are changes; ignored ones are not."""
    assert clone.changed() == ()
    (clone.root / ".gitignore").write_text("ignored\n")
    clone.commit_all("chore: ignore")
    (clone.root / "ignored").touch()
    (clone.root / "new file").touch()
    (clone.root / "README.md").unlink()
    assert set(clone.changed()) == {"README.md", "new file"}
    clone.stage(["new file"])
    assert set(clone.changed()) == {"README.md", "new file"}


def test_the_branch_is_seen(clone: Repository) -> None:
    """A checkout has its commit and its branch, or none when HEAD is detached."""
    base = clone.resolve("HEAD")
    assert clone.checkout() == Checkout(base, "main", ())
    (clone.root / ".git" / "HEAD").write_text(f"{base}\n")
    assert clone.checkout() == Checkout(base, "", ())


def test_odd_names_are_seen(clone: Repository) -> None:
    """Paths of every kind of change come back as they are."""
    for name in NAMES:
        (clone.root / name).parent.mkdir(exist_ok=True)
        (clone.root / name).write_text("x")
    assert set(clone.changed()) == set(NAMES)
    clone.stage(NAMES)
    assert set(clone.changed()) == set(NAMES)


def test_history_is_newest_first(clone: Repository) -> None:
    """Only commits that changed the path are named."""
    first = clone.resolve("HEAD")
    second = commit(clone, first, a=b"a")
    third = commit(clone, second, **{"README.md": b"two\n"})
    assert clone.history(third, "README.md") == (third, first)
    assert clone.history(third, "a") == (second,)


def test_an_update_that_would_overwrite(clone: Repository) -> None:
    """A file of the user's in the way stops the update, with Git's reason, and stays."""
    made = commit(clone, clone.resolve("HEAD"), a=b"theirs")
    (clone.root / "a").write_bytes(b"mine")
    assert "would be overwritten" in clone.forward(made)
    assert (clone.root / "a").read_bytes() == b"mine"


def test_a_lock_is_held_by_one(clone: Repository) -> None:
    """While one process holds a lock another gets a conflict; it ends with its holder, killed."""
    held = FORK.Event()

    def hold() -> None:
        with clone.exclusive("test", 0):
            held.set()
            signal.pause()

    process = FORK.Process(target=hold)
    process.start()
    assert held.wait(30)
    with pytest.raises(Conflict, match="another process is at work"), clone.exclusive("test", 0):
        pass
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    with clone.exclusive("test", 0):
        pass


def test_where_there_is_no_repository(tmp_path: Path, remote: Path) -> None:
    """A plain folder, a missing one and a bare repository are input errors."""
    (tmp_path / "plain").mkdir()
    for path in (tmp_path / "plain", tmp_path / "missing", remote):
        with pytest.raises(InputError):
            git.open_repository(path)


def test_a_repository_is_found_from_below(clone: Repository) -> None:
    """Any folder of the working copy leads to its root."""
    (clone.root / "a" / "b").mkdir(parents=True)
    assert git.open_repository(clone.root / "a" / "b") == clone
