"""The real checkout behind a test's runfiles, and what Git tracks in it.

A rule about every file cannot take its files from the graph: what no target reaches is just what
it must not miss, and a hand-kept list would forget the next file. So tests that use this module
ask Git, in the checkout that the runfiles' links lead to. Bazel does not know what they read and
could answer from its cache after a change: they carry the tags `external` (run every time) and
`no-remote` (the checkout is on this machine only). Untracked files are nobody's yet: `git add`
brings them in.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A tracked file.

    Args:
        path: from the checkout's root, with `/`.
        text: its content.
    """

    path: str
    text: str

    @property
    def name(self) -> str:
        """The file's own name, without what copier takes off when it renders."""
        return self.path.rpartition("/")[2].removesuffix(".jinja")

    @property
    def is_script(self) -> bool:
        """Whether a shell runs it."""
        return self.name.endswith(".sh") or self.text.startswith("#!/usr/bin/env bash")


@cache
def root() -> Path:
    """Return the checkout's root, found through a link in the runfiles.

    Raises:
        FileNotFoundError: the link does not lead into a checkout.
    """
    found = Path("pyproject.toml").resolve().parent
    if not (found / ".git").exists():
        message = f"{found} is no Git checkout; these rules are about the files that Git tracks"
        raise FileNotFoundError(message)
    return found


@cache
def paths(*patterns: str) -> tuple[str, ...]:
    """Return the tracked files' paths, or those that fit one of Git's `patterns`, sorted.

    A checkout that belongs to somebody else is read too: nothing of its configuration is run.
    """
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        str(root()),
        "ls-files",
        "-z",
        "--",
        *patterns,
    ]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(path for path in listed.split("\0") if path and (root() / path).is_file()))


@cache
def files() -> Mapping[str, File]:
    """Return every tracked text file by its path; `not_text` names the others."""
    return {path: File(path, text) for path in paths() if (text := _text(path)) is not None}


def not_text() -> list[str]:
    """Return the tracked files that are not UTF-8 text."""
    return [path for path in paths() if path not in files()]


def _text(path: str) -> str | None:
    try:
        text = (root() / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
