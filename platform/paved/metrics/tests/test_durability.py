"""An acknowledged event survives the process that stored it, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from paved.metrics import api
from paved.metrics.store import Access

# Stores one small batch after another and prints each batch's last number once it is durable.
WRITER = """
import itertools, sys
from pathlib import Path
from paved.metrics import api
from paved.metrics.store import Access
from paved.metrics.tests.story import deployed
access, first = Access(Path(sys.argv[1])), int(sys.argv[2])
for start in itertools.count(first, 5):
    api.record(access, [deployed(f"e{n}", n / 1000) for n in range(start, start + 5)])
    print(start + 4, flush=True)
"""


def write_until_killed(access: Access, first: int, acknowledgements: int, delay: float) -> int:
    """Kill a writer (SIGKILL) some time after it acknowledged; return the last number it did."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(access.path), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert writer.stdout is not None
    for _ in range(acknowledgements):
        assert writer.stdout.readline()
    try:
        writer.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    return max(map(int, rest.split()), default=first + 5 * acknowledgements - 1)


@pytest.mark.parametrize("seed", range(2))
def test_acknowledged_events_survive_kill_9(tmp_path: Path, seed: int) -> None:
    """Killed at a random moment while writing, the store has every acknowledged event once."""
    chance = Random(seed)  # noqa: S311  not for secrets
    access = Access(tmp_path / "metrics.duckdb")
    first = 0
    for _ in range(3):
        last = write_until_killed(access, first, chance.randint(1, 6), chance.uniform(0, 0.2))
        found = api.status(access)
        assert found.counts.known >= last + 1
        assert found.counts.known % 5 == 0
        assert found.watermark.sequence == found.counts.known
        first = last + 1
    assert [path.suffix for path in tmp_path.glob("*.duckdb")] == [".duckdb"]


def test_killed_while_making_the_store(tmp_path: Path) -> None:
    """Killed before the first acknowledgement, there is no store or a good one, never half."""
    for delay in (0.2, 0.4, 0.6, 0.8):
        access = Access(tmp_path / f"{delay}" / "metrics.duckdb")
        write_until_killed(access, 0, 0, delay)
        if access.path.exists():
            assert api.status(access).counts.refused == 0
