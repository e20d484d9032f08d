"""Try a Bazel in a scratch workspace: does it reach a module registry, and build and test.

Each trial runs without a server of its own left behind, under a time limit, in a folder of the
cache that is removed again.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from toolchain import cache

SKYLIB = 'bazel_dep(name = "bazel_skylib", version = "1.8.2")\n'
BUILD = """load("@rules_python//python:defs.bzl", "py_test")
genrule(name = "made", outs = ["made.txt"], cmd = "echo made > $@")
py_test(name = "reads", srcs = ["reads.py"], main = "reads.py", data = ["made.txt"])
"""
READS = 'import pathlib\nassert pathlib.Path("made.txt").read_text() == "made\\n"\n'
FILES = {
    "MODULE.bazel": SKYLIB + 'bazel_dep(name = "rules_python", version = "1.7.0")\n',
    "BUILD.bazel": BUILD,
    "reads.py": READS,
}


def reaches_registry(program: Path, seconds: float = 30) -> bool:
    """Tell whether `program`, as the user has configured it, can resolve a public module."""
    return _run([str(program)], ["mod", "graph"], {"MODULE.bazel": SKYLIB}, seconds) is not None


def install_base(program: Path, seconds: float = 60) -> Path | None:
    """Return where `program` has unpacked itself; None when it does not say."""
    said = _run([str(program)], ["info", "install_base"], {"MODULE.bazel": ""}, seconds)
    return Path(said.strip()) if said and said.strip() else None


def works(program: Path, rc: Sequence[str], seconds: float = 180) -> bool:
    """Tell whether `program` builds a file and runs a Python test, with the given rc lines."""
    files = {**FILES, "trial.rc": "".join(rc)}
    command = [str(program), "--bazelrc=trial.rc"]
    return _run(command, ["test", "//:reads"], files, seconds) is not None


def _run(
    start: Sequence[str], command: Sequence[str], files: dict[str, str], seconds: float
) -> str | None:
    """Run Bazel in a scratch workspace of `files`; return its stdout, None where it failed."""
    with cache.lock("trial"), cache.staging(cache.root() / "trial") as scratch:
        workspace = scratch / "workspace"
        workspace.mkdir()
        for name, text in files.items():
            (workspace / name).write_text(text, encoding="utf-8")
        own = ["--batch", f"--output_user_root={scratch / 'out'}"]
        try:
            return _bounded([*start, *own, *command], workspace, seconds)
        finally:
            _make_removable(scratch)


def _bounded(command: Sequence[str], folder: Path, seconds: float) -> str | None:
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        said, _ = process.communicate(timeout=seconds)
    except BaseException as reason:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(reason, subprocess.TimeoutExpired):
            return None
        raise
    return said if process.returncode == 0 else None


def _make_removable(scratch: Path) -> None:
    """Bazel write-protects what it makes; give the folders back to their owner."""
    for folder, _, _ in os.walk(scratch):
        Path(folder).chmod(0o700)
