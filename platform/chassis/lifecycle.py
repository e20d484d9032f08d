"""The life of a served process: start, serve, drain, finish, exit.

The first SIGTERM or SIGINT makes the service not ready, waits the drain time, stops taking
requests, gives those in flight the grace time, exports what is left and exits with 0. A second
signal, or the end of the grace time, exits at once. Restarting and forking are left out.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn, Protocol

from chassis import logs
from chassis.health import Phase
from chassis.runtime import Runtime
from chassis.settings import ExitCode

EXPORT_SECONDS: Final = 2.0
"""How long the last export of spans may take."""

log = logs.logger(__name__)


class StartError(Exception):
    """A server cannot start; `code` is what the process ends with."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        """Say in `message` why, for the log."""
        self.code = code
        super().__init__(message)


class Server(Protocol):
    """One listening server of the process."""

    async def start(self) -> None:
        """Listen and serve, or raise StartError."""

    async def stop(self) -> None:
        """Take no new request and return when those in flight have ended."""


def run(runtime: Runtime, servers: Sequence[Server]) -> NoReturn:
    """Serve until a signal, then end the process with an `ExitCode`.

    Args:
        runtime: the parts of the process; logs and traces are set up globally here.
        servers: started in order, stopped in reverse.
    """
    logs.configure(runtime.settings)
    runtime.tracing.use_globally()
    try:
        asyncio.run(_Life(runtime, servers).live())
    except StartError as error:
        log.error("cannot start", reason=str(error))  # noqa: TRY400  the reason says it all
        sys.exit(error.code)
    _export_rest(runtime)
    log.info("stopped")
    sys.exit(ExitCode.OK)


class _Life:
    """One pass through the phases, on the running event loop."""

    def __init__(self, runtime: Runtime, servers: Sequence[Server]) -> None:
        self._runtime = runtime
        self._servers = servers
        self._asked = asyncio.Event()

    async def live(self) -> None:
        """Start, wait for a signal, stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        await self._start()
        await self._runtime.health.enter(Phase.SERVING)
        await self._asked.wait()
        await self._stop()

    def _on_signal(self, number: signal.Signals) -> None:
        if self._asked.is_set():
            log.error("second signal, exiting at once", signal=number.name)
            _exit_now(128 + number)
        log.info("stopping", signal=number.name)
        self._asked.set()

    async def _start(self) -> None:
        """Start the servers; a signal during the start ends the process, nothing is in flight."""
        starting = asyncio.create_task(self._start_all())
        asked = asyncio.create_task(self._asked.wait())
        await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not starting.done():
            log.info("stopped before the start was over")
            _exit_now(ExitCode.OK)
        await starting

    async def _start_all(self) -> None:
        for server in self._servers:
            await server.start()

    async def _stop(self) -> None:
        """Drain, then finish what is in flight within the grace time."""
        await self._runtime.health.enter(Phase.STOPPING)
        await asyncio.sleep(self._runtime.settings.shutdown_drain_seconds)
        grace = self._runtime.settings.shutdown_grace_seconds
        stopping = asyncio.create_task(self._stop_all())
        await asyncio.wait({stopping}, timeout=grace)
        if stopping.done():
            await stopping
            return
        log.error(
            "grace time is over, requests are cut off",
            seconds=grace,
            in_flight=self._runtime.observer.in_flight,
        )
        _export_rest(self._runtime)
        _exit_now(ExitCode.FAILED)

    async def _stop_all(self) -> None:
        for server in reversed(self._servers):
            await server.stop()


def _export_rest(runtime: Runtime) -> None:
    if not runtime.tracing.close(EXPORT_SECONDS):
        log.warning("the last spans were not exported in time", seconds=EXPORT_SECONDS)


def _exit_now(code: int) -> NoReturn:
    """End the process without waiting for threads or handlers that hang."""
    sys.stdout.flush()
    os._exit(code)
