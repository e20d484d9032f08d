"""The ASGI application around a service's own: platform endpoints, observation, 500s, draining."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import tracing
from chassis.health import Phase
from chassis.http import ops
from chassis.observe import OTHER, Outcome
from chassis.runtime import Runtime

# RFC 9110 and RFC 5789, the methods that the HTTP conventions know.
_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
_TRACE_HEADERS: Final = frozenset(name.encode() for name in tracing.HEADERS)
_CLOSE: Final = (b"connection", b"close")
_CLIENT_CLOSED: Final = 499
"""The status, nginx's convention, of a request whose caller left before it was read."""
_SERVER_ERROR: Final = 500


class Observed:
    """Answers the platform's paths itself and observes every other HTTP request."""

    def __init__(self, app: ASGIApp, runtime: Runtime, *, with_ops: bool = True) -> None:
        """Wrap `app`; without `with_ops` the platform's paths are the service's own."""
        self._app = app
        self._runtime = runtime
        self._routes: Sequence[BaseRoute] = getattr(app, "routes", ())
        self._ops = ops.application(runtime.health, runtime.registry)
        self._ops_paths = ops.PATHS if with_ops else frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope; what is no HTTP request goes straight to the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in self._ops_paths:
            await self._ops(scope, receive, send)
        else:
            await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        route = self._route(scope)
        parent = tracing.parent(_trace_headers(scope))
        extra = {"url.path": scope["path"], "url.scheme": scope["scheme"]}
        name = f"{method} {route}" if route else method
        observer = self._runtime.observer
        with observer.request(name, (method, route), parent, extra) as outcome:
            await self._answer(scope, receive, send, outcome)

    def _route(self, scope: Scope) -> str:
        """Return the route's template; a path that breaks the matching has none."""
        try:
            return template(self._routes, scope)
        except Exception:  # noqa: BLE001  the application will raise it too, and is observed
            return ""

    async def _answer(self, scope: Scope, receive: Receive, send: Send, outcome: Outcome) -> None:
        """Run the application and note in `outcome` what it answered.

        An exception ends here: the caller gets a bare 500, the log gets the traceback.
        """
        outcome.status, outcome.failed = _SERVER_ERROR, True
        started = False

        async def observed_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                outcome.status = message["status"]
                outcome.failed = message["status"] >= _SERVER_ERROR
                if self._runtime.health.phase is Phase.STOPPING:
                    message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
            await send(message)

        try:
            await self._app(scope, receive, observed_send)
        except ClientDisconnect:
            outcome.status, outcome.failed = _CLIENT_CLOSED, False
        except Exception as error:  # noqa: BLE001  whatever a handler raises ends here
            outcome.error, outcome.failed = error, True
            if not started:
                response = PlainTextResponse("Internal Server Error", status_code=_SERVER_ERROR)
                await response(scope, receive, observed_send)


def _trace_headers(scope: Scope) -> dict[str, str]:
    """Return the trace context's headers of `scope`."""
    carried = (pair for pair in scope["headers"] if pair[0] in _TRACE_HEADERS)
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in carried}


def template(routes: Sequence[BaseRoute], scope: Scope) -> str:
    """Return the path template of the route that will serve `scope`, empty when none will.

    Follows Starlette's own choice: the first full match, else the first that matches but for
    the method. Below a mount the templates are joined.
    """
    partial = ""
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return _path(route, scope, child)
        if match is Match.PARTIAL and not partial:
            partial = _path(route, scope, child)
    return partial


def _path(route: BaseRoute, scope: Scope, child: Scope) -> str:
    """Return the template of one matching route, descending into mounts and hosts."""
    inner: Sequence[BaseRoute] = getattr(route, "routes", None) or ()
    below = template(inner, {**scope, **child}) if inner else ""
    if isinstance(route, Mount):
        return route.path_format.removesuffix("/{path}") + (below or "/{path}")
    return below or str(getattr(route, "path_format", ""))
