# ruff: noqa: INP001, N802  a script of the tests; generated code names methods as the proto does
"""The gRPC service that the tests run as a process: one name for each thing that can happen."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import demo_pb2_grpc  # type: ignore[import-not-found]
import grpc  # type: ignore[import-untyped]
from demo_pb2 import Reply, Request  # type: ignore[import-not-found]

from chassis import logger
from chassis.grpc import serve_grpc

Requests = AsyncIterator[Request]
GATE = Path(os.environ["GATE"])
log = logger(__name__)


async def opened() -> None:
    """Return when the gate's file is there; the test makes it."""
    while not GATE.exists():  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(0.01)


class Demo(demo_pb2_grpc.DemoServicer):  # type: ignore[misc]
    """Answers, holds, aborts or breaks, as the request's name says."""

    async def Get(self, request: Request, context: grpc.aio.ServicerContext) -> Reply:
        """Do what the name says, else greet."""
        log.info("getting", name=request.name)
        match request.name:
            case "hold":
                await opened()
            case "missing":
                await context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")
            case "code":
                context.set_code(grpc.StatusCode.ALREADY_EXISTS)
            case "boom":
                raise ValueError("password=hunter2")
        return Reply(text=f"hello, {request.name}")

    async def List(self, request: Request, _: grpc.aio.ServicerContext) -> AsyncIterator[Reply]:
        """Answer three times, or once and then break or hold."""
        yield Reply(text="1")
        if request.name == "boom":
            raise ValueError("password=hunter2")
        if request.name == "hold":
            await asyncio.Event().wait()
        yield Reply(text="2")
        yield Reply(text="3")

    async def Count(self, requests: Requests, _: grpc.aio.ServicerContext) -> Reply:
        """Answer with the number of requests."""
        count = len([request async for request in requests])
        return Reply(text=str(count))

    async def Chat(self, requests: Requests, context: grpc.aio.ServicerContext) -> None:
        """Answer each request, writing to the context."""
        async for request in requests:
            await context.write(Reply(text=request.name.upper()))


class Blocking(demo_pb2_grpc.DemoServicer):  # type: ignore[misc]
    """Has handlers that would block the event loop."""


async def database() -> bool:
    """Pass unless the switch says otherwise."""
    return not GATE.with_name("database-down").exists()


def register(server: grpc.aio.Server) -> None:
    """Add the servicer that the environment names."""
    servicer = Blocking() if os.environ.get("START") == "blocking" else Demo()
    demo_pb2_grpc.add_DemoServicer_to_server(servicer, server)


if __name__ == "__main__":
    serve_grpc(register, checks={"database": database})
