"""What the definitions leave to an organisation: environments and windows, with defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

DEFINITIONS = "1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Configuration of the figures; a report names `definitions`.

    Args:
        production: ids of the environments that count as production.
        failure_window: how long after a deployment an incident without an explicit link is
            still put down to it (W).
        failure_windows: the same for single services.
        definitions: version of the definitions that the figures follow.
    """

    production: frozenset[str] = frozenset({"prod", "production"})
    failure_window: timedelta = timedelta(hours=24)
    failure_windows: Mapping[str, timedelta] = field(default_factory=dict)
    definitions: str = DEFINITIONS
