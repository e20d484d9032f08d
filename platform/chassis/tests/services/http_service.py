# ruff: noqa: INP001  a script of the tests
"""The HTTP service that the tests run as a process: one route for each thing that can happen."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from opentelemetry import trace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from chassis import logger, serve_http

GATE = Path(os.environ["GATE"])
log = logger(__name__)


async def opened() -> None:
    """Return when the gate's file is there; the test makes it."""
    while not GATE.exists():  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(0.01)


async def greet(request: Request) -> Response:
    """Log, with the name bound to the request, and answer."""
    name = request.path_params["name"]
    log.info("greeting", bound_before=structlog.contextvars.get_contextvars())
    structlog.contextvars.bind_contextvars(customer=name)
    with trace.get_tracer("shop").start_as_current_span("look up"):
        await asyncio.sleep(0)
    log.info("greeted", name=name)
    return JSONResponse({"hello": name})


async def hold(_: Request) -> Response:
    """Answer when the gate's file is there."""
    log.info("holding")
    await opened()
    return JSONResponse({"held": True})


async def boom(_: Request) -> Response:
    """Fail with something that no caller may see."""
    raise ValueError("password=hunter2")


async def half(_: Request) -> Response:
    """Fail in the middle of the answer."""

    async def body() -> AsyncIterator[bytes]:
        yield b"first"
        raise ValueError("password=hunter2")

    return StreamingResponse(body())


async def upload(request: Request) -> Response:
    """Read the whole body."""
    log.info("uploading")
    return JSONResponse({"bytes": len(await request.body())})


async def database() -> bool:
    """Pass unless the switch says otherwise."""
    return not GATE.with_name("database-down").exists()


async def broken_cache() -> bool:
    """Raise when the switch says so, with something that no caller may see."""
    if GATE.with_name("cache-down").exists():
        raise ConnectionError("password=hunter2")
    return True


async def slow_queue() -> bool:
    """Take for ever when the switch says so."""
    if GATE.with_name("queue-down").exists():
        await asyncio.Event().wait()
    return True


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Fail to start, or take for ever, when told so."""
    if os.environ.get("START") == "fails":
        raise RuntimeError("no such table")
    if os.environ.get("START") == "hangs":
        log.info("starting for ever")
        await asyncio.Event().wait()
    yield
    log.info("lifespan ended")


ROUTES = [
    Route("/hello/{name}", greet),
    Route("/hold", hold),
    Route("/boom", boom),
    Route("/half", half),
    Route("/upload", upload, methods=["POST"]),
    Mount("/shop/{tenant}", routes=[Route("/items/{name:int}", greet)]),
]

if __name__ == "__main__":
    serve_http(
        Starlette(routes=ROUTES, lifespan=lifespan),
        checks={"database": database, "cache": broken_cache, "queue": slow_queue},
    )
