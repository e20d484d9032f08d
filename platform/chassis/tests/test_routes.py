"""The route template that labels a request is the one of the route that served it."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Host, Mount, Route
from starlette.types import Receive, Scope, Send

from chassis.http.observed import template
from chassis.testing import http_client

SEGMENTS = st.sampled_from(["a", "b", "{x}", "{y:int}", "{z:path}"])
METHODS = st.sampled_from(["GET", "POST"])
PATHS = st.lists(st.sampled_from(["a", "b", "1", "1", "%2F"]), max_size=3).map("/".join)


def naming(path: str) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that answers with the template it was registered under."""

    async def endpoint(_: Request) -> Response:
        return PlainTextResponse(path)

    return endpoint


@st.composite
def tables(draw: st.DrawFn, prefix: str = "", depth: int = 2) -> list[BaseRoute]:
    """Draw a route table: routes and, down to `depth`, mounts whose endpoints know their path."""
    routes: list[BaseRoute] = []
    for number in range(draw(st.integers(1, 3))):
        path = "/" + draw(SEGMENTS).replace("x", f"x{depth}{number}")
        shown = prefix + path.replace(":int", "").replace(":path", "")
        if depth and draw(st.booleans()):
            below = draw(tables(shown, depth - 1))
            routes.append(Mount(path, routes=below))
        else:
            routes.append(Route(path, naming(shown), methods=[draw(METHODS)]))
    return routes


@settings(max_examples=300)
@given(tables(), PATHS, METHODS)
def test_label_is_the_template_of_the_endpoint_that_answered(
    routes: list[BaseRoute], path: str, method: str
) -> None:
    """For any table and path: where an endpoint answers, the label is its template."""
    seen: list[str] = []
    app = Starlette(routes=routes)

    async def spy(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(template(app.routes, scope))
        await app(scope, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(spy)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, f"/{path}")

    answer = asyncio.run(ask())
    if answer.status_code == 200:
        assert seen == [answer.text]
    assert "%" not in seen[0]


def test_mounted_applications_and_hosts_have_bounded_labels() -> None:
    """An opaque mount is labelled by its own template, a host by what is below it."""

    async def opaque(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("ok")(scope, receive, send)

    routes: list[BaseRoute] = [
        Mount("/static", app=opaque),
        Host("{team}.example.com", app=Starlette(routes=[Route("/page", naming("/page"))])),
    ]
    with http_client(routes) as client:
        client.get("/static/any/thing")
        client.get("/page", headers={"host": "a.example.com"})
        client.get("/secret-path", headers={"host": "a.example.com"})
        text = client.get("/metrics").text
    labels = {part.split('"')[0] for part in text.split('http_route="')[1:]}
    assert labels == {"/static/{path}", "/page", ""}
