"""Builds one program from a Go module.

The module's zip has to match the `h1:` hashes of the lock; its own go.sum, inside that zip,
holds those of everything it is built from. Which proxy serves them is Go's configuration.
Modules whose go.mod replaces others by folders outside the zip cannot be built this way.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from toolchain import downloads
from toolchain.locked.gorunner import Runner
from toolchain.locked.model import GoSource
from toolchain.problems import ToolchainError, note

STRIP = "-s -w"
PROGRESS_SECONDS = 10
LICENCES = ("LICENSE", "LICENCE", "LICENSE.txt", "LICENSE.md", "COPYING", "NOTICE")


def build(source: GoSource, go: Path, program: Path, lock: int) -> None:
    """Download the module, check it, and build its program at the path `program`.

    Args:
        source: what to build.
        go: the `go` to build it with; see `gotoolchain.find`.
        program: where to; its folder's parent gets the licences, and scratch that is removed.
        lock: descriptor of a held lock, which Go's processes keep held while they live.

    Raises:
        Gone: the proxy no longer has the module or one that it needs.
        Offline: no proxy could be reached.
        ToolchainError: a hash does not match, the disk is full, the module does not build.
    """
    made = program.parent.parent
    runner = Runner(go, f"{source.module}@{source.version}", lock)
    folder, total = _download(source, runner, made / "work")
    flags = f"{STRIP} {source.ldflags}".strip()
    command = ["build", "-v", "-trimpath", "-ldflags", flags, "-o", str(program), source.package]
    note(f"building {program.name} with {go}: up to {total} packages; some tools take minutes")
    runner.go(command, folder, _progress(program.name, total))
    (made / "licenses").mkdir()
    for name in LICENCES:
        if (folder / name).is_file():
            shutil.copy(folder / name, made / "licenses" / name)
    shutil.rmtree(made / "work")


def _download(source: GoSource, runner: Runner, work: Path) -> tuple[Path, int]:
    """Return a writable copy of the checked module, and of how many packages it is built."""
    note(f"downloading the Go module {source.module} {source.version} and those that it needs")
    start, before = time.monotonic(), runner.downloaded()
    folder = copy_of(source, runner, work)
    packages = _packages(source, runner, folder)
    size = runner.downloaded() - before
    if size:
        name = f"Go module {source.module} {source.version}"
        downloads.record(name, size, time.monotonic() - start)
    return folder, len(packages)


def _packages(source: GoSource, runner: Runner, folder: Path) -> list[str]:
    """Return what the program is built of. A go.mod may lack lines, its go.sum may not."""
    sums = folder / "go.sum"
    before = sums.read_bytes() if sums.exists() else b""
    packages = runner.go(["list", "-mod=mod", "-deps", source.package], folder).splitlines()
    if sums.exists() and sums.read_bytes() != before:
        raise ToolchainError(runner.mismatch("its go.sum lacks modules that it is built from"))
    return packages


def copy_of(source: GoSource, runner: Runner, work: Path) -> Path:
    """Return a writable copy of the module in `work`; Go has held it to the lock's hashes."""
    answer = ask(runner, source.module, source.version, work, _sums(source))
    copy = work / "module"
    shutil.copytree(answer["Dir"], copy, ignore=shutil.ignore_patterns("vendor", "go.work*"))
    subprocess.run(["chmod", "-R", "u+w", str(copy)], check=True)
    return copy


def ask(runner: Runner, module: str, version: str, work: Path, sums: str) -> dict[str, str]:
    """Download one module and return what Go says of it (`go help mod download`).

    Args:
        runner: the Go to ask.
        module: the module's path.
        version: a version, or `latest`.
        work: folder for scratch.
        sums: lines of go.sum that have to hold; without any, the sum database has the word.
    """
    asking = work / "asking"
    asking.mkdir(parents=True)
    (asking / "go.mod").write_text("module locked\n", encoding="utf-8")
    (asking / "go.sum").write_text(sums, encoding="utf-8")
    answer: dict[str, str] = json.loads(
        runner.go(["mod", "download", "-json", f"{module}@{version}"], asking)
    )
    return answer


def _sums(source: GoSource) -> str:
    name = f"{source.module} {source.version}"
    return f"{name} {source.sum}\n{name}/go.mod {source.mod_sum}\n"


def _progress(name: str, total: int) -> Callable[[str], None]:
    """Return what tells, every few seconds, how far a build is."""
    start = last = time.monotonic()
    done = 0

    def count(_line: str) -> None:
        nonlocal last, done
        done += 1
        now = time.monotonic()
        if now - last > PROGRESS_SECONDS:
            last = now
            note(f"building {name}: {done} of {total} packages, {now - start:.0f} s")

    return count
