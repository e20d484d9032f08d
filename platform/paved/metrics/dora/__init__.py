"""The delivery figures (DORA) and time to first deploy, computed from the stored events."""

from paved.metrics.dora.ask import dora, dora_of_all
from paved.metrics.dora.figures import (
    ORGANISATION,
    DoraReport,
    Figure,
    Group,
    Level,
    Quality,
    Spread,
    Status,
)
from paved.metrics.dora.report import Query

__all__ = [
    "ORGANISATION",
    "DoraReport",
    "Figure",
    "Group",
    "Level",
    "Quality",
    "Query",
    "Spread",
    "Status",
    "dora",
    "dora_of_all",
]
