"""apt's own downloader: many files at once, with the machine's proxies and certificates.

Its files are named by their sha256, so a killed run's whole files are adopted by the next one,
and apt goes on with those that are in part. Which files, and where they go, is `debian`'s.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from toolchain import mirror
from toolchain.problems import ToolchainError

PROGRAM = "/usr/lib/apt/apt-helper"
OPTIONS = (
    "APT::Sandbox::User=root",  # a per-user cache is not readable for the user _apt
    "Acquire::Retries=2",
    "Acquire::http::Timeout=20",
    "Acquire::https::Timeout=20",
)
FAILURE = re.compile(r"^E: Failed to fetch (\S+)\s+(.*)$", re.MULTILINE)
FULL = re.compile(r"No space left|Disk quota exceeded")
TICK = 0.5  # seconds between two looks at how much is there
MEGABYTE = 1_000_000


class NoSpace(Exception):
    """apt could not write: the disk is full."""


def download(wanted: Mapping[str, Path], total: int, lock: int) -> dict[str, str]:
    """Download files; return why, for each address that failed, in apt's words.

    Args:
        wanted: address -> file to write, named by its sha256.
        total: bytes, for the progress shown on a terminal.
        lock: descriptor of a held lock; it stays held until apt has ended.

    Raises:
        NoSpace: the disk is full.
        ToolchainError: apt is not on this machine.
    """
    triples = ((address, str(file), f"SHA256:{file.name}") for address, file in wanted.items())
    options = (part for option in OPTIONS for part in ("-o", option))
    command = [PROGRAM, *options, "download-file", *(part for t in triples for part in t)]
    with tempfile.TemporaryFile("w+") as said:
        _run(command, said, lock, _Progress(list(wanted.values()), total))
        said.seek(0)
        errors = said.read()
    if FULL.search(errors):
        raise NoSpace(errors)
    return _reasons(errors, wanted)


def _reasons(errors: str, wanted: Iterable[str]) -> dict[str, str]:
    """Return apt's reason per address; it may name a file otherwise, encoded or redirected."""
    told = {_file_name(address): why for address, why in FAILURE.findall(errors)}
    return {a: told[_file_name(a)] for a in wanted if _file_name(a) in told}


def _file_name(address: str) -> str:
    return unquote(address).rpartition("/")[2]


def _run(command: list[str], said: IO[str], lock: int, progress: "_Progress") -> None:
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "LC_ALL": "C"},
            pass_fds=[lock],
        ) as process:
            progress.until_ended(process)
    except FileNotFoundError as error:
        raise ToolchainError(mirror.no_apt()) from error


class _Progress:
    """How much of some files is there, in one line that is written over on a terminal."""

    def __init__(self, files: list[Path], total: int) -> None:
        self.files = files
        self.total = total

    def until_ended(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for `process`; end it when waiting is interrupted."""
        try:
            while process.poll() is None:
                self._show()
                try:
                    process.wait(TICK)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.kill()
            raise
        finally:
            self._clear()

    def _show(self) -> None:
        if sys.stderr.isatty():
            there = sum(file.stat().st_size for file in self.files if file.exists())
            text = f"\r  {there / MEGABYTE:.0f} of {self.total / MEGABYTE:.0f} MB"
            print(text, end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
