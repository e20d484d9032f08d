"""The helpers that services' own tests use do what they say."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc  # type: ignore[import-untyped]
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import Settings
from chassis.testing import http_client
from chassis.testing.grpc import grpc_channel


async def echo(request: Request) -> Response:
    """Answer with what came, and with what the application started with."""
    body = await request.body()
    return JSONResponse({"body": body.decode(), "started": getattr(request.state, "x", None)})


async def boom(_: Request) -> Response:
    """Break."""
    raise ValueError("broken")


ROUTES = [Route("/echo", echo, methods=["POST"]), Route("/boom", boom)]


def test_http_client_serves_routes_as_production_does() -> None:
    """Requests, errors, readiness and metrics are the real ones."""

    async def failing() -> bool:
        return False

    settings = Settings(service_name="shop")
    with http_client(ROUTES, checks={"db": failing}, settings=settings) as client:
        assert client.post("/echo", content=b"hi").json() == {"body": "hi", "started": None}
        assert client.post("/echo", files={"f": b"x"}).status_code == 200
        assert client.get("/boom").status_code == 500
        assert client.get("/readyz").json()["failed"] == ["db"]
        assert 'service_name="shop"' in client.get("/metrics").text


def test_http_client_runs_the_lifespan() -> None:
    """Start-up is done before the first request, its state is there, shutdown after the last."""
    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, int]]:
        steps.append("up")
        yield {"x": 1}
        steps.append("down")

    with http_client(Starlette(routes=ROUTES, lifespan=lifespan)) as client:
        assert steps == ["up"]
        assert client.post("/echo").json()["started"] == 1
    assert steps == ["up", "down"]


def test_http_client_says_when_the_start_up_fails() -> None:
    """A start-up that raises fails the test at once."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise ValueError("no database")
        yield

    with (
        pytest.raises(RuntimeError, match="start-up failed"),
        http_client(Starlette(routes=ROUTES, lifespan=lifespan)),
    ):
        pytest.fail("started")


def test_two_clients_do_not_share_their_counts() -> None:
    """Each client's metrics are its own."""
    with http_client(ROUTES) as one, http_client(ROUTES) as two:
        assert isinstance(one, httpx.Client)
        one.post("/echo")
        assert 'http_route="/echo"' in one.get("/metrics").text
        assert 'http_route="/echo"' not in two.get("/metrics").text


@pytest.mark.usefixtures("stubs")
def test_grpc_channel_serves_what_is_registered() -> None:
    """Calls reach the servicer, and health is there and serving."""
    demo_pb2 = importlib.import_module("demo_pb2")
    demo_pb2_grpc = importlib.import_module("demo_pb2_grpc")

    async def get(_: object, request: object, __: object) -> object:
        return demo_pb2.Reply(text=request.name)  # type: ignore[attr-defined]

    async def other(*_: object) -> None:
        """Be asynchronous, which is all that is asked of it."""

    methods = {"Get": get, "List": other, "Count": other, "Chat": other}
    servicer = type("Demo", (demo_pb2_grpc.DemoServicer,), methods)

    def register(server: grpc.aio.Server) -> None:
        demo_pb2_grpc.add_DemoServicer_to_server(servicer(), server)

    with grpc_channel(register) as channel:
        stub = demo_pb2_grpc.DemoStub(channel)
        assert stub.Get(demo_pb2.Request(name="ann"), timeout=10).text == "ann"
        health = health_pb2_grpc.HealthStub(channel)
        answer = health.Check(health_pb2.HealthCheckRequest(service="demo.v1.Demo"), timeout=10)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
