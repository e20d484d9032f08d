"""What delivery asks of others: signing, verifying, building, and the time.

Plain callables, since features do not import each other; `paved.cli.release` fills them in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from paved.delivery.release.chain import Verify
from paved.delivery.release.model import Evidence

Sign = Callable[[bytes], bytes]
"""Takes an in-toto statement, returns a Sigstore bundle (DSSE) of exactly these bytes."""

Inspect = Callable[[str], Evidence]
"""Takes `image@sha256:...`, returns what was verified; raises Refused with every reason not to."""

Build = Callable[[Path, Path], bytes]
"""Takes an overlay's folder and the root that paths in errors are relative to; returns YAML."""

Progress = Callable[[str], None]
"""Is told each step when it is done: fetched, checked, signed, committed, pushed, forwarded."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The hands of one run."""

    sign: Sign
    verify_receipt: Verify
    inspect: Inspect
    build: Build
    now: Callable[[], datetime]
    progress: Progress
