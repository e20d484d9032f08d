"""Runs pytest on the files named as arguments, as Bazel's test runner expects it."""

import os
import sys
from pathlib import Path

import pytest


def main() -> int:
    """Return pytest's exit code; paths of locked tools are made absolute first."""
    for name, value in os.environ.items():
        if name.startswith("PAVED_TOOL_"):
            os.environ[name] = str(Path(value).absolute())
    os.environ.setdefault("HOME", os.environ.get("TEST_TMPDIR", ""))
    # The root is the test's own folder: from further up, importlib mode would make a module
    # named `platform` and hide the standard library's.
    root = Path(sys.argv[1]).parent.absolute()
    options = [f"--rootdir={root}", "-c", os.devnull]
    options += ["--import-mode=importlib", "-p", "no:cacheprovider", "-ra", "--strict-markers"]
    report = os.environ.get("XML_OUTPUT_FILE")
    if report:
        options.append(f"--junitxml={report}")
    scratch = os.environ.get("TEST_TMPDIR")
    if scratch:
        options.append(f"--basetemp={scratch}/pytest")
    return pytest.main(options + sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
