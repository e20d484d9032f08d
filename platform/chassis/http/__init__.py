"""HTTP services: Starlette routes, or any ASGI application, served by uvicorn.

Around the service's application stand the platform's endpoints and the observation of every
request. TLS and several processes are the cluster's; limits on bodies are Starlette's; metrics
of WebSockets are left out.
"""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from chassis import lifecycle
from chassis.health import Check
from chassis.http import ops
from chassis.http.observed import Observed
from chassis.http.server import HttpServer
from chassis.observe import HTTP
from chassis.runtime import Runtime
from chassis.settings import Settings

Service = ASGIApp | Sequence[BaseRoute]
"""What a service gives: its routes, or its own ASGI application with routes inside."""


def serve_http(
    service: Service,
    *,
    checks: Mapping[str, Check] | None = None,
    settings: Settings | None = None,
) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then end the process; see docs/reference/chassis.md.

    Args:
        service: Starlette routes, or an ASGI application (for middleware, lifespan, mounts).
        checks: readiness checks by name.
        settings: the process's settings; read from the environment when not given.
    """
    settings = settings or Settings.from_environment()
    runtime = Runtime(HTTP, settings, checks)
    app = Observed(application(service), runtime, with_ops=settings.ops_port is None)
    servers = [HttpServer("http", app, settings.port, settings)]
    if settings.ops_port is not None:
        servers.insert(0, ops_server(runtime, settings.ops_port))
    lifecycle.run(runtime, servers)


def application(service: Service) -> ASGIApp:
    """Return the ASGI application that `service` is or that its routes make."""
    return service if callable(service) else Starlette(routes=service)


def ops_server(runtime: Runtime, port: int) -> HttpServer:
    """Return the server of the platform's endpoints on a port of their own."""
    app = ops.application(runtime.health, runtime.registry)
    return HttpServer("ops", app, port, runtime.settings)
