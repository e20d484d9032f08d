"""Runs Go with caches of its own, under the machine's proxy settings, and explains failures."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from toolchain import cache
from toolchain.problems import Gone, Offline, Problem, ToolchainError

# From the environment of whoever calls, these would change what is built, or how.
DROPPED = frozenset({"GOROOT", "GOEXPERIMENT", "GOFIPS140", "GOAMD64", "GODEBUG"})
MISMATCH = re.compile(r"checksum mismatch|SECURITY ERROR")
FULL = re.compile(r"no space left on device|disk quota exceeded")
OFFLINE = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|TLS handshake|proxyconnect"
    r"|network is unreachable|module lookup disabled|connection reset|: EOF|50[234] "
)
GONE = re.compile(r"404 Not Found|410 Gone|unknown revision|invalid version|: not found")

JSON_ERROR = re.compile(r'^\s*"Error": (".*"),?$', re.MULTILINE)


class Runner:
    """Go, as it is used for one module.

    Args:
        program: the `go` to run.
        module: the module and version that it is about, for messages.
        lock: descriptor of a held lock, which Go's processes keep held while they live.
    """

    def __init__(self, program: Path, module: str, lock: int) -> None:
        """Run `program`; see the class."""
        self.program = program
        self.module = module
        self.lock = lock
        self.caches = cache.root() / "go"

    def downloaded(self) -> int:
        """Return the bytes of all module files downloaded so far."""
        files = (self.caches / "mod" / "cache" / "download").rglob("*")
        return sum(path.stat().st_size for path in files if path.suffix in (".zip", ".mod"))

    def environ(self) -> Mapping[str, str]:
        """Return Go's environment: the machine's settings for the network, ours for the rest."""
        kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
        return kept | {
            "CGO_ENABLED": "0",
            "GO111MODULE": "on",
            "GOARCH": "amd64",
            "GOCACHE": str(self.caches / "build"),
            "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false",
            "GOMODCACHE": str(self.caches / "mod"),
            "GOOS": "linux",
            "GOPATH": str(self.caches / "path"),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }

    def go(
        self, arguments: list[str], folder: Path, on_line: Callable[[str], None] | None = None
    ) -> str:
        """Run `go` in `folder` and return what it printed.

        Args:
            arguments: those of `go`.
            folder: a module.
            on_line: called with each line while it runs.

        Raises:
            Gone, Offline, ToolchainError: it failed; see `error`.
        """
        said: list[str] = []
        with subprocess.Popen(
            [self.program, *arguments],
            cwd=folder,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[self.lock],
        ) as running:
            for line in running.stdout or ():
                said.append(line)
                if on_line:
                    on_line(line)
        if running.returncode:
            raise self.error(arguments[0], "".join(said))
        return "".join(said)

    def error(self, command: str, said: str) -> ToolchainError:
        """Tell from Go's messages why it failed."""
        last = _reason(said)
        if FULL.search(said):
            return cache.no_space(cache.root())
        if MISMATCH.search(said):
            return ToolchainError(self.mismatch(last))
        if OFFLINE.search(said):
            return Offline(self._unreachable(last))
        if GONE.search(said):
            return Gone(self._gone(last))
        return ToolchainError(
            Problem(
                what=f"`go {command}` failed: {last}",
                where=self.module,
                expected="the module to build",
                hint="run it again with another Go on PATH, or pin another version",
            )
        )

    def mismatch(self, found: str) -> Problem:
        """Return the problem of a module that is not the locked one."""
        return Problem(
            what=f"the Go module is not the locked one: {found}",
            where=self.module,
            expected="the hashes in tools.lock.json, and those in the locked module's go.sum",
            hint="try again; if it stays, the Go proxy changes modules: use another (GOPROXY)",
        )

    def _unreachable(self, found: str) -> Problem:
        return Problem(
            what=f"the Go proxy could not be reached: {found}",
            where=self.module,
            expected="a Go module proxy, as `go env GOPROXY` names it",
            hint="check the network, or set GOPROXY to one that this machine reaches",
        )

    def _gone(self, found: str) -> Problem:
        return Problem(
            what=f"the Go proxy does not have it: {found}",
            where=self.module,
            expected="the locked version",
            hint="set GOPROXY to a proxy that has it, or pin another version",
        )


def _reason(said: str) -> str:
    """Return the last that Go said, in one line: lines without a space are package names."""
    wrapped = JSON_ERROR.search(said)
    last = [line for line in said.splitlines()[-4:] if " " in line]
    text = str(json.loads(wrapped[1])) if wrapped else "\n".join(last)
    return " ".join(text.partition("SECURITY ERROR")[0].split())
