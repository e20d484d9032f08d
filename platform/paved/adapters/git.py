"""Git, as a subprocess with an environment of its own.

Commits are made from a base commit and a map of files, with an index of their own: neither the
working copy nor its index is touched until `forward`. A push never forces; the remote's
fast-forward rule is what makes two writers safe.

Left out: merging, rebasing, submodules, signed commits, and every hook of the user's.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from paved.adapters.git_call import (
    LOCAL_SECONDS,
    batch,
    call,
    changed_path,
    checked,
    complaint,
    unreachable,
    zero_separated,
)
from paved.adapters.lock import held
from paved.adapters.process import Done
from paved.errors import EnvironmentProblem, InputError, Problem

NETWORK_SECONDS = 180.0
_MOVED = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref", "expected")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who commits, as Git's configuration says."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a commit: path, mode (100644, 100755, 120000) and object id."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """A working copy: its commit, its branch (empty: detached), and the paths that differ.

    A path differs when it is not as in the commit, or untracked and not ignored.
    """

    commit: str
    branch: str
    changed: tuple[str, ...]


class Verdict(Enum):
    """What a remote said to a push."""

    LANDED = "landed"
    MOVED = "moved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Push:
    """A push's verdict, and the remote's words when it did not land."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A Git repository with a working copy at `root`."""

    root: Path

    def identity(self) -> Identity:
        """Return user.name and user.email; raise EnvironmentProblem when either is missing."""
        told = self._try("config", "--null", "--get-regexp", "^user[.](name|email)$").out
        found = dict(item.split("\n", 1) for item in zero_separated(told))
        name, email = found.get("user.name"), found.get("user.email")
        if name and email:
            return Identity(name, email)
        raise EnvironmentProblem(
            Problem(
                "Git does not know who commits",
                where=str(self.root),
                expected="user.name and user.email in Git's configuration",
                hint='git config user.name "Your Name" && git config user.email you@example.com',
            )
        )

    def resolve(self, revision: str) -> str:
        """Return the commit that `revision` names, empty when there is none."""
        return self._try("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").text

    def checkout(self) -> Checkout:
        """Return the state of the working copy."""
        words = ("--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames")
        lines = tuple(zero_separated(self._run("status", *words).out))
        heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# "))
        branch = heads.get("branch.head", "").removeprefix("(detached)")
        changed = (changed_path(line) for line in lines if not line.startswith("# "))
        return Checkout(heads.get("branch.oid", ""), branch, tuple(changed))

    def changed(self) -> tuple[str, ...]:
        """Return the paths of the working copy that differ, see `Checkout`."""
        return self.checkout().changed

    def ahead(self, base: str) -> int:
        """Return how many commits HEAD has that `base` has not."""
        return int(self._run("rev-list", "--count", f"{base}..HEAD").text)

    def contains(self, commit: str, ancestor: str) -> bool:
        """Tell whether `ancestor` is `commit` itself or among its ancestors."""
        return not self._try("merge-base", "--is-ancestor", ancestor, commit).code

    def entries(self, commit: str, folder: str) -> tuple[Entry, ...]:
        """Return every file of `commit` below `folder` (empty: all), in Git's order."""
        below = (f"{folder.rstrip('/')}/",) if folder else ()
        out = self._run("ls-tree", "-r", "-z", commit, "--", *below).out
        return tuple(_entry(line) for line in zero_separated(out))

    def read(self, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of those `paths` that `commit` has."""
        wanted = tuple(paths)
        asked = "".join(f"{commit}:{path}\n" for path in wanted)
        out = self._run("cat-file", "--batch", stdin=asked.encode()).out
        return dict(batch(out, wanted))

    def history(self, commit: str, path: str) -> tuple[str, ...]:
        """Return the commits that changed `path`, newest first."""
        args = ("log", "--first-parent", "--format=%H", commit, "--", path)
        return tuple(self._run(*args).text.split())

    def fetch(self, remote: str, branch: str) -> str:
        """Fetch `branch` and return its commit.

        Raises InputError when the remote has no such branch, EnvironmentProblem when the remote
        cannot be reached.
        """
        target = f"refs/remotes/{remote}/{branch}"
        done = self._try(
            *("fetch", "--quiet", "--no-tags", remote, f"+refs/heads/{branch}:{target}"),
            seconds=NETWORK_SECONDS,
        )
        if "couldn't find remote ref" in done.err:
            what = f"{remote} has no branch {branch}"
            hint = f"make a first commit and run git push {remote} {branch}"
            raise InputError(Problem(what, where=str(self.root), hint=hint))
        if done.code:
            raise unreachable(self.root, remote, done)
        return self.resolve(target)

    def commit(
        self, base: str, files: Mapping[str, bytes], message: str, who: Identity, when: datetime
    ) -> str:
        """Make the commit that follows `base` with `files` set; return its id.

        Nothing refers to the new commit until it is pushed; the working copy stays as it is.
        """
        with tempfile.TemporaryDirectory(prefix="paved-git-") as scratch:
            index = {"GIT_INDEX_FILE": f"{scratch}/index"}
            self._run("read-tree", base, env=index)
            blobs = self._blobs(Path(scratch), tuple(files.values()))
            lines = (f"100644 {b}\t{path}\0" for path, b in zip(files, blobs, strict=True))
            listed = "".join(lines).encode()
            self._run("update-index", "-z", "--index-info", stdin=listed, env=index)
            tree = self._run("write-tree", env=index).text
        env = _signature("AUTHOR", who, when) | _signature("COMMITTER", who, when)
        return self._run("commit-tree", tree, "-p", base, stdin=message.encode(), env=env).text

    def push(self, commit: str, remote: str, branch: str) -> Push:
        """Ask the remote to move `branch` forward to `commit`; never by force.

        Raises EnvironmentProblem when no answer came: the push may or may not have landed.
        """
        args = ("push", "--porcelain", "--no-verify", remote, f"{commit}:refs/heads/{branch}")
        done = self._try(*args, seconds=NETWORK_SECONDS)
        if not done.code:
            return Push(Verdict.LANDED)
        refusal = next((line for line in done.text.splitlines() if line.startswith("!")), "")
        if not refusal:
            raise unreachable(self.root, remote, done)
        summary = refusal.split("\t")[-1]
        if any(word in summary for word in _MOVED):
            return Push(Verdict.MOVED, summary)
        return Push(Verdict.DECLINED, f"{summary}; {complaint(done)}")

    def forward(self, commit: str) -> str:
        """Move the checked-out branch and its files forward to `commit`.

        Returns an empty text, or Git's reason for leaving the working copy as it is.
        """
        done = self._try("merge", "--ff-only", "--quiet", commit)
        return complaint(done) if done.code else ""

    def stage(self, paths: Iterable[str]) -> None:
        """Take the working copy's bytes of `paths` into the index."""
        listed = "".join(f"{path}\0" for path in paths).encode()
        self._run("update-index", "--add", "--remove", "-z", "--stdin", stdin=listed)

    def commit_all(self, message: str) -> str:
        """Commit everything in the working copy as Git's configured user; return the commit.

        Returns the last one when nothing has changed.
        """
        self.identity()
        if not self.checkout().changed:
            return self.resolve("HEAD")
        self._run("add", "--all")
        words = ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "-F", "-")
        self._run(*words, stdin=message.encode())
        return self.resolve("HEAD")

    @contextmanager
    def exclusive(self, name: str, seconds: float) -> Iterator[None]:
        """Hold the lock `name` of this working copy; it ends with the process.

        Raises Conflict when another process still holds it after `seconds`.
        """
        folder = self.root / ".git"
        if not folder.is_dir():
            folder = self.root / self._run("rev-parse", "--git-dir").text
        with held(folder / f"{name}.lock", seconds):
            yield

    def _blobs(self, scratch: Path, contents: tuple[bytes, ...]) -> list[str]:
        names = []
        for number, content in enumerate(contents):
            (scratch / str(number)).write_bytes(content)
            names.append(f"{scratch}/{number}\n")
        args = ("hash-object", "-w", "--no-filters", "--stdin-paths")
        return self._run(*args, stdin="".join(names).encode()).text.split()

    def _try(self, *args: str, seconds: float = LOCAL_SECONDS) -> Done:
        return call(args, self.root, seconds=seconds)

    def _run(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Done:
        return checked(args, self.root, call(args, self.root, stdin=stdin, env=env or {}))


def open_repository(path: Path) -> Repository:
    """Return the repository whose working copy holds `path`; InputError when there is none."""
    if not path.is_dir():
        raise InputError(Problem("no such folder", where=str(path)))
    done = call(("rev-parse", "--show-toplevel"), path)
    if "not a git repository" in done.err or "must be run in a work tree" in done.err:
        what = "this is not a Git working copy"
        raise InputError(Problem(what, where=str(path), hint="git clone the repository first"))
    return Repository(Path(checked(("rev-parse",), path, done).text))


def initialise(path: Path, *, bare: bool = False) -> Path:
    """Make an empty repository with the branch main at `path`, a bare one for a remote."""
    path.mkdir(parents=True, exist_ok=True)
    args = ("init", "--quiet", *(("--bare",) if bare else ()))
    checked(args, path, call(args, path))
    return path


def clone(address: str, target: Path) -> Repository:
    """Clone `address` (an URL or a path) to `target`; EnvironmentProblem when it cannot be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    args = ("clone", "--quiet", "--", address, str(target))
    done = call(args, target.parent, seconds=NETWORK_SECONDS)
    if done.code:
        raise unreachable(target, address, done)
    return Repository(target.resolve())


def configure(repository: Repository, key: str, value: str) -> None:
    """Set a key of the repository's own configuration."""
    args = ("config", key, value)
    checked(args, repository.root, call(args, repository.root))


def _signature(role: str, who: Identity, when: datetime) -> dict[str, str]:
    return {
        f"GIT_{role}_NAME": who.name,
        f"GIT_{role}_EMAIL": who.email,
        f"GIT_{role}_DATE": f"{int(when.timestamp())} +0000",
    }


def _entry(line: str) -> Entry:
    facts, _, path = line.partition("\t")
    mode, _, blob = facts.split()
    return Entry(path=path, mode=mode, blob=blob)
