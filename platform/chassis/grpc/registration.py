"""What a service registers, noted for health and reflection and checked before it serves."""

from collections.abc import Callable, Mapping, Sequence

import grpc  # type: ignore[import-untyped]

from chassis.grpc.handlers import is_async
from chassis.lifecycle import StartError

Register = Callable[[grpc.aio.Server], None]
"""A service's function that adds its servicers to the server it is given."""


class Registrar:
    """Stands in for the server while a service registers, and notes what it registers."""

    def __init__(self, server: grpc.aio.Server) -> None:
        """Pass everything on to `server`."""
        self.services: list[str] = []
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Note the services' full names; called by generated code."""
        named = (handler for handler in handlers if isinstance(handler, grpc.ServiceRpcHandler))
        self.services += [handler.service_name() for handler in named]
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler]
    ) -> None:
        """Refuse handlers that would block the event loop; called by generated code.

        Raises:
            StartError: naming every method whose handler is not asynchronous.
        """
        blocking = [f"{service}/{name}" for name, item in handlers.items() if not is_async(item)]
        if blocking:
            raise StartError(f"handlers have to be async def: {', '.join(blocking)}")
        self._server.add_registered_method_handlers(service, handlers)
