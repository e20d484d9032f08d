"""The toolkit and the chassis are typed, strictly and without gaps."""

import os
import sys
from pathlib import Path

import pytest
from mypy import api


def test_the_types_are_strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mypy in strict mode finds nothing in the packages below platform/."""
    wheels = [path for path in sys.path if path.endswith("site-packages") and "pypi" in path]
    monkeypatch.setenv("MYPYPATH", os.pathsep.join(["platform", *wheels]))
    stdout, stderr, code = api.run(
        [
            "--config-file=pyproject.toml",
            f"--cache-dir={tmp_path}",
            "--follow-imports=silent",
            "--package=paved",
            "--package=chassis",
        ]
    )
    assert (code, stderr) == (0, ""), stdout + stderr
