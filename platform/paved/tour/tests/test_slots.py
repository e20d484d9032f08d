"""Two tours at once never share Bazel's state, and a killed one gives its slot back."""

import subprocess
import sys
from pathlib import Path

from paved.tour.slots import slot

HOLDER = """
import sys, time
from pathlib import Path
from paved.tour.slots import slot
with slot(Path(sys.argv[1]), print) as base:
    print(base, flush=True)
    time.sleep(600)
"""


def silent(_: str) -> None:
    """Say nothing."""


def test_one_after_the_other_share_a_slot(tmp_path: Path) -> None:
    """A later tour finds what an earlier one fetched."""
    with slot(tmp_path, silent) as first:
        pass
    with slot(tmp_path, silent) as second:
        assert second == first


def test_two_at_once_do_not(tmp_path: Path) -> None:
    """The second of two tours gets a slot of its own, and is told why."""
    told: list[str] = []
    with slot(tmp_path, silent) as first, slot(tmp_path, told.append) as second:
        assert first != second
    assert len(told) == 1


def test_a_killed_tour_frees_its_slot(tmp_path: Path) -> None:
    """After kill -9 of its holder, a slot is free again."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        with slot(tmp_path, silent) as other:
            assert other != held
        holder.kill()
    with slot(tmp_path, silent) as again:
        assert again == held
