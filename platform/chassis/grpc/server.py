"""grpcio's asyncio server as one of the process's servers."""

import asyncio
from typing import Final

import grpc  # type: ignore[import-untyped]

from chassis.grpc import platform
from chassis.grpc.calls import ObserveCalls
from chassis.grpc.registration import Register, Registrar
from chassis.http.server import bind
from chassis.lifecycle import StartError
from chassis.logs import logger
from chassis.runtime import Runtime
from chassis.settings import ExitCode

# grpcio lets two processes share a port unless told not to.
_OPTIONS: Final = (("grpc.so_reuseport", 0),)
_LONGER_THAN_ANY_GRACE: Final = 86400.0
"""Seconds; the lifecycle, which ends the grace time, always comes first."""

log = logger(__name__)


class GrpcServer:
    """One service's gRPC server; `port` is its port once it has started."""

    def __init__(self, register: Register, runtime: Runtime) -> None:
        """Serve what `register` adds."""
        self._register = register
        self._runtime = runtime
        self.port = runtime.settings.port

    async def start(self) -> None:
        """Register, bind and serve.

        Raises:
            StartError: the port is taken or forbidden, or a handler is not asynchronous.
        """
        self._streams = platform.EndStreams()
        self._server = grpc.aio.server(
            interceptors=(ObserveCalls(self._runtime.observer), self._streams), options=_OPTIONS
        )
        registrar = Registrar(self._server)
        self._register(registrar)
        await self._add_platform(registrar.services)
        self.port = self._bind()
        await self._server.start()
        log.info("listening", server="grpc", port=self.port, services=registrar.services)

    async def stop(self) -> None:
        """Take no new call and return when those in flight have ended."""
        self._reporting.cancel()
        self._streams.end()
        await self._server.stop(_LONGER_THAN_ANY_GRACE)

    async def _add_platform(self, services: list[str]) -> None:
        interval = self._runtime.settings.ready_check_interval_seconds
        reports = platform.HealthReports(self._runtime.health, services, interval)
        platform.add(self._server, reports, services)
        await reports.report()
        self._runtime.health.listeners.append(reports.report)
        self._reporting = asyncio.create_task(reports.keep_reporting())

    def _bind(self) -> int:
        address, port = self._runtime.settings.bind_address, self.port
        bind(address, port).close()  # grpcio's own error does not say why
        host = f"[{address}]" if ":" in address else address
        try:
            bound: int = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise StartError(str(error), ExitCode.ENVIRONMENT) from None
        return bound
