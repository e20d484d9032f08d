"""For services' own tests: the service inside the test's process, as the chassis serves it.

`http_client` is here; `grpc_channel` is in `chassis.testing.grpc`, so that an HTTP service's
tests need no grpcio. Signals and shutdown are left out: they need a process of their own.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import httpx
import uvicorn
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.lifespan.on import LifespanOn

from chassis.health import Check, Phase
from chassis.http import Service, application
from chassis.http.observed import Observed
from chassis.observe import HTTP
from chassis.runtime import Runtime
from chassis.settings import Settings

TEST_SETTINGS: Final = Settings(service_name="test", bind_address="127.0.0.1", port=0)


@contextmanager
def http_client(
    service: Service,
    *,
    checks: Mapping[str, Check] | None = None,
    settings: Settings = TEST_SETTINGS,
) -> Iterator[httpx.Client]:
    """Start `service` without a socket and give a client whose requests go straight to it.

    Start-up and shutdown of the application run around the block; /healthz, /readyz and
    /metrics answer as in production.

    Args:
        service: what `serve_http` is given.
        checks: as for `serve_http`.
        settings: as for `serve_http`; nothing is read from the environment.
    """
    runtime = Runtime(HTTP, settings, checks)
    app = Observed(application(service), runtime)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_started(app, runtime)) as started,
        httpx.Client(
            transport=_InProcess(portal, started), base_url="http://service.test"
        ) as client,
    ):
        yield client


@asynccontextmanager
async def _started(app: ASGIApp, runtime: Runtime) -> AsyncIterator[ASGIApp]:
    """Run the application's lifespan around the block; what it started with is in the scope."""
    lifespan = LifespanOn(uvicorn.Config(app, log_config=None, ws="none"))
    await lifespan.startup()
    if lifespan.should_exit:
        raise RuntimeError("the application's start-up failed; the log says why")
    await runtime.health.enter(Phase.SERVING)

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": lifespan.state.copy()}, receive, send)

    try:
        yield with_state
    finally:
        await lifespan.shutdown()


class _InProcess(httpx.BaseTransport):
    """Carries a synchronous client's requests into the event loop that the service runs on."""

    def __init__(self, portal: BlockingPortal, app: ASGIApp) -> None:
        self._portal = portal
        self._asgi = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._portal.call(self._exchange, request)

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        response = await self._asgi.handle_async_request(request)
        body = b"".join([chunk async for chunk in response.aiter_raw()])
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(body)
        )
