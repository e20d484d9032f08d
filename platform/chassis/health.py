"""Whether the process lives and whether it should get traffic.

Alive means that the event loop answers; checks never decide it, or one broken database would
restart every service. Ready means started, not shutting down, and every named check passing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chassis.logs import logger

Check = Callable[[], Awaitable[bool]]
"""A readiness check; False, an exception or taking too long all mean not ready."""

log = logger(__name__)


class Phase(StrEnum):
    """Where a process is in its life."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer to one readiness question: the phase, and the checks that failed."""

    phase: Phase
    failed: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether the process should get traffic."""
        return self.phase is Phase.SERVING and not self.failed


class Health:
    """The process's phase and its checks."""

    def __init__(self, checks: Mapping[str, Check] | None, timeout: float) -> None:
        """Hold `checks` by name; each may take `timeout` seconds."""
        self.phase = Phase.STARTING
        self.checks = dict(checks or {})
        self.listeners: list[Callable[[], Awaitable[None]]] = []
        self._timeout = timeout

    async def enter(self, phase: Phase) -> None:
        """Go to `phase` and call every listener."""
        self.phase = phase
        for listener in self.listeners:
            await listener()

    async def readiness(self) -> Readiness:
        """Run the checks side by side; a process that stops runs none."""
        if self.phase is not Phase.SERVING:
            return Readiness(self.phase)
        names = list(self.checks)
        passed = await asyncio.gather(*(self._passes(name) for name in names))
        return Readiness(
            self.phase, tuple(name for name, ok in zip(names, passed, strict=True) if not ok)
        )

    async def _passes(self, name: str) -> bool:
        """Run one check; why it failed goes to the log and never into an answer."""
        try:
            async with asyncio.timeout(self._timeout):
                passed = await self.checks[name]()
        except TimeoutError:
            log.warning("readiness check took too long", check=name, seconds=self._timeout)
            return False
        except Exception as error:
            log.warning("readiness check failed", check=name, exc_info=error)
            return False
        return passed
