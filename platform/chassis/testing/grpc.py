"""For gRPC services' own tests: the service on a free loopback port, in the test's process."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress

import grpc  # type: ignore[import-untyped]
from anyio.from_thread import start_blocking_portal

from chassis.grpc.registration import Register
from chassis.grpc.server import GrpcServer
from chassis.health import Check, Phase
from chassis.observe import RPC
from chassis.runtime import Runtime
from chassis.settings import Settings
from chassis.testing import TEST_SETTINGS


@contextmanager
def grpc_channel(
    register: Register,
    *,
    checks: Mapping[str, Check] | None = None,
    settings: Settings = TEST_SETTINGS,
) -> Iterator[grpc.Channel]:
    """Serve what `register` adds, with health and reflection, and give a channel to it.

    Args:
        register: what `serve_grpc` is given.
        checks: as for `serve_grpc`.
        settings: as for `serve_grpc`; its address and port are where the server listens.
    """
    runtime = Runtime(RPC, settings, checks)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_serving(register, runtime)) as server,
        grpc.insecure_channel(f"{settings.bind_address}:{server.port}") as channel,
    ):
        yield channel


@asynccontextmanager
async def _serving(register: Register, runtime: Runtime) -> AsyncIterator[GrpcServer]:
    """Serve inside the block; calls that hang after it are given the grace time."""
    server = GrpcServer(register, runtime)
    await server.start()
    await runtime.health.enter(Phase.SERVING)
    try:
        yield server
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(runtime.settings.shutdown_grace_seconds):
                await server.stop()
