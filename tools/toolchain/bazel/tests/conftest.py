"""Where Bazel does not, make tools/ an import root for the tests of bazelw's cold half."""

import sys
from pathlib import Path

import pytest

TOOLS = str(Path(__file__).resolve().parents[3])
if "toolchain" not in sys.modules and TOOLS not in sys.path:
    sys.path.insert(0, TOOLS)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see the user's cache or settings."""
    monkeypatch.setenv("PAVED_CACHE", str(tmp_path / "a cache"))
    for name in ("PAVED_BAZEL", "PAVED_REGISTRY", "CC", "SSL_CERT_FILE", "USE_BAZEL_VERSION"):
        monkeypatch.delenv(name, raising=False)
