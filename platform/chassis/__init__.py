"""The runtime library that a service of the paved road stands on; not a framework.

It gives health, readiness, graceful shutdown, Prometheus metrics, OpenTelemetry traces and
structured logs, the same for HTTP (here) and gRPC (`chassis.grpc`, which alone needs grpcio).
What a service does with requests is its own business, in Starlette's or grpcio's own terms.
"""

from chassis.health import Check
from chassis.http import serve_http
from chassis.logs import logger
from chassis.settings import Settings, SettingsError, setting

__all__ = ["Check", "Settings", "SettingsError", "logger", "serve_http", "setting"]
