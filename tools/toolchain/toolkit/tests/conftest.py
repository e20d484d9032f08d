"""Fixtures of the toolkit's start; where Bazel does not, tools/ becomes an import root."""

import sys
from pathlib import Path

TOOLS = str(Path(__file__).resolve().parents[3])
if "toolchain" not in sys.modules and TOOLS not in sys.path:
    sys.path.insert(0, TOOLS)

from toolchain.testing.fixtures import loopback, shop  # noqa: E402

__all__ = ["loopback", "shop"]
