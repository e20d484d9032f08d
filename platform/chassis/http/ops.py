"""The endpoints for the platform: /healthz, /readyz and /metrics.

They are neither counted, traced nor logged as requests, so that probes do not dilute a
service's indicators.
"""

from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.health import Health

HEALTHZ: Final = "/healthz"
READYZ: Final = "/readyz"
METRICS: Final = "/metrics"
PATHS: Final = frozenset({HEALTHZ, READYZ, METRICS})


def application(health: Health, registry: CollectorRegistry) -> Starlette:
    """Return the ASGI application that answers `PATHS`."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        answer = await health.readiness()
        body = {
            "status": "ready" if answer.ready else "not ready",
            "phase": answer.phase,
            "failed": answer.failed,
        }
        return JSONResponse(body, status_code=200 if answer.ready else 503)

    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    return Starlette(
        routes=[Route(HEALTHZ, healthz), Route(READYZ, readyz), Route(METRICS, metrics)]
    )
