"""gRPC services on grpcio's asyncio server, observed and stopped as HTTP services are.

Health and metrics for the platform are answered over HTTP on a port of their own, so that
probes and scrapes look the same for both kinds of service. TLS and client stubs are left out.
"""

from collections.abc import Mapping
from typing import Final, NoReturn

from chassis import lifecycle
from chassis.grpc.registration import Register
from chassis.grpc.server import GrpcServer
from chassis.health import Check
from chassis.http import ops_server
from chassis.observe import RPC
from chassis.runtime import Runtime
from chassis.settings import Settings

DEFAULT_OPS_PORT: Final = 8081


def serve_grpc(
    register: Register,
    *,
    checks: Mapping[str, Check] | None = None,
    settings: Settings | None = None,
) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then end the process; see docs/reference/chassis.md.

    Args:
        register: called once with the server; adds the service's servicers to it with the
            generated `add_..._to_server` functions. Health and reflection follow from them.
        checks: readiness checks by name.
        settings: the process's settings; read from the environment when not given.
    """
    settings = settings or Settings.from_environment()
    runtime = Runtime(RPC, settings, checks)
    port = DEFAULT_OPS_PORT if settings.ops_port is None else settings.ops_port
    lifecycle.run(runtime, [ops_server(runtime, port), GrpcServer(register, runtime)])
