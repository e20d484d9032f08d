"""The repository's Python is typed, strictly and without gaps; its tests are in test_all_types.

The sources are dependencies here, so that Bazel keeps the answer until one changes; test_reached
holds the list of dependencies complete.
"""

from pathlib import Path

import pytest

from lint import strict

SOURCES = [
    path
    for root in ("platform", "tools")
    for path in Path(root).rglob("*.py")
    if "tests" not in path.parts
]

BROKEN = {
    "untyped.py": "def f(x):\n    return x\n",
    "mismatch.py": "from paved.errors import ExitCode\n\ncode: str = ExitCode.OK\n",
    "wheel.py": "import pydantic\n\nmodel: int = pydantic.BaseModel\n",
    "silence.py": "x: int = 1  # type: ignore[assignment]\n",
    "missing.py": "import paved.nowhere\n",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache for mypy, so that it reads the wheels once."""
    return tmp_path_factory.mktemp("mypy")


def test_the_types_are_strict(cache: Path) -> None:
    """Mypy in strict mode finds nothing below platform/ and tools/."""
    found = strict.complaints(SOURCES, base=Path.cwd(), cache=cache)
    assert not found, found


def test_broken_files_are_found(cache: Path, tmp_path: Path) -> None:
    """Mypy, as it is called here, speaks up about each file that is wrong."""
    for name, text in BROKEN.items():
        (tmp_path / name).write_text(text)
    found = strict.complaints(tmp_path.iterdir(), base=Path.cwd(), cache=cache)
    assert not [name for name in BROKEN if f"{name}:" not in found], found
