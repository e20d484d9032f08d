"""Runs a program for a short answer; what a feature needs beyond that has an adapter of its own."""

import subprocess
from collections.abc import Sequence

TIMEOUT_SECONDS = 10


def first_line(command: Sequence[str]) -> str:
    """Return the first line that `command` prints, or "" if it is absent, fails or hangs."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.partition("\n")[0].strip()
