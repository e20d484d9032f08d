"""The platform's own gRPC services: grpc.health.v1 and server reflection.

Health follows the process's readiness, for the whole server ("") and for each service. Their
streams have no end of their own, so they are ended when the server stops.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import grpc  # type: ignore[import-untyped]
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]

from chassis.grpc.calls import PLATFORM
from chassis.grpc.handlers import Call, as_call, with_call
from chassis.health import Health, Phase

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING

_Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler | None]]


class HealthReports:
    """Keeps grpc.health.v1 saying what the process's readiness is."""

    def __init__(self, readiness: Health, services: Sequence[str], interval: float) -> None:
        """Report `readiness` for `services`, its checks run every `interval` seconds."""
        self.servicer = health.aio.HealthServicer()
        self._readiness = readiness
        self._names = ("", *services)
        self._interval = interval

    async def report(self) -> None:
        """Ask for the readiness once and tell everyone who watches."""
        answer = await self._readiness.readiness()
        status = _SERVING if answer.ready else _NOT_SERVING
        for name in self._names:
            await self.servicer.set(name, status)
        if answer.phase is Phase.STOPPING:
            await self.servicer.enter_graceful_shutdown()

    async def keep_reporting(self) -> None:
        """Report until cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            await self.report()


class EndStreams(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Makes the platform's streams end when the server stops."""

    def __init__(self) -> None:
        """Start with no streams."""
        self._stopping = False
        self._streams: set[asyncio.Task[object]] = set()

    async def intercept_service(
        self, continuation: _Continuation, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler | None:
        """Return the method's handler, endable when it is a stream of the platform."""
        handler = await continuation(details)
        if handler is None or not handler.response_streaming:
            return handler
        if not details.method.startswith(PLATFORM):
            return handler
        return with_call(handler, self._endable(as_call(handler)))

    def end(self) -> None:
        """End every open stream with UNAVAILABLE."""
        self._stopping = True
        for task in self._streams:
            task.cancel()

    def _endable(self, call: Call) -> Call:
        async def endable(request: object, context: grpc.aio.ServicerContext) -> None:
            task = asyncio.current_task()
            if task is None:
                raise RuntimeError("a gRPC handler runs in a task")
            self._streams.add(task)
            try:
                await call(request, context)
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                task.uncancel()
                await context.abort(grpc.StatusCode.UNAVAILABLE, "shutting down")
            finally:
                self._streams.discard(task)

        return endable


def add(server: grpc.aio.Server, reports: HealthReports, services: Sequence[str]) -> None:
    """Add health and reflection to `server`; reflection lists `services` and these two."""
    health_pb2_grpc.add_HealthServicer_to_server(reports.servicer, server)
    names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
