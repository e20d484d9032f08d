"""Every tracked BUILD and .bzl file has buildifier's form, and none of the faults it knows."""

import os
import subprocess
from pathlib import Path

from house import checkout

BUILDIFIER = str(Path(os.environ["PAVED_TOOL_BUILDIFIER"]).absolute())
PATTERNS = ("*.bzl", "BUILD.bazel", "*/BUILD.bazel", "MODULE.bazel", "*/MODULE.bazel")
BROKEN = {
    "form.bzl": '"""Doc."""\n\nx = [ 1,2 ]\n',
    "BUILD.bazel": 'load("//a:b.bzl", "unused")\n',
}


def complaints(folder: Path, *files: str) -> str:
    """Return what buildifier says against `files` in `folder`; nothing where all is well."""
    command = [BUILDIFIER, "-mode=check", "-lint=warn", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_every_file_passes() -> None:
    """Buildifier neither reformats a tracked file nor warns about one."""
    files = checkout.paths(*PATTERNS)
    assert files
    found = complaints(checkout.root(), *files)
    assert not found, found


def test_broken_files_are_found(tmp_path: Path) -> None:
    """Buildifier, as it is called here, speaks up about each file that is wrong."""
    for name, text in BROKEN.items():
        (tmp_path / name).write_text(text)
    found = complaints(tmp_path, *BROKEN)
    assert not [name for name in BROKEN if name not in found], found
