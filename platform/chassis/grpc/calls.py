"""The interceptor that observes a service's calls and keeps its exceptions from callers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import grpc  # type: ignore[import-untyped]

from chassis import tracing
from chassis.grpc.handlers import Call, as_call, with_call
from chassis.observe import OTHER, Observer, Outcome

PLATFORM: Final = ("/grpc.health.v1.", "/grpc.reflection.")
"""Methods that are the platform's and not the service's; they pass unobserved."""

# What the gRPC conventions count as the server's errors.
_LAST_PART = 0.1
_FAILURES: Final = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
_SYSTEM: Final = {"rpc.system.name": "grpc"}

_Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler | None]]


class ObserveCalls(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Observes every call, also of methods that do not exist."""

    def __init__(self, observer: Observer) -> None:
        """Report to `observer`."""
        self._observer = observer
        self._wrapped: dict[str, grpc.RpcMethodHandler] = {}
        self._unknown = grpc.stream_stream_rpc_method_handler(self._observed(OTHER, _not_found))

    async def intercept_service(
        self, continuation: _Continuation, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler:
        """Return the method's handler, wrapped when it is first called."""
        method: str = details.method
        if method not in self._wrapped:
            handler = await continuation(details)
            if handler is None:
                return self._unknown
            if not method.startswith(PLATFORM):
                call = self._observed(method.removeprefix("/"), as_call(handler))
                handler = with_call(handler, call)
            self._wrapped[method] = handler
        return self._wrapped[method]

    def _observed(self, method: str, call: Call) -> Call:
        """Return `call` as it is observed."""

        async def observed(request: object, context: grpc.aio.ServicerContext) -> object:
            metadata = context.invocation_metadata() or ()
            headers = {key: value for key, value in metadata if key in tracing.HEADERS}
            parent = tracing.parent(headers)
            with self._observer.request(method, (method,), parent, _SYSTEM) as outcome:
                return await _answer(call, request, context, outcome)

        return observed


async def _answer(
    call: Call, request: object, context: grpc.aio.ServicerContext, outcome: Outcome
) -> object:
    """Run the service's function and note in `outcome` what it answered.

    An exception ends here: the caller gets a bare status (INTERNAL, or the one the function
    had set), the log gets the traceback.
    """
    status = grpc.StatusCode.OK
    allowed = context.time_remaining()
    try:
        response = await call(request, context)
        status = _status(context)
    except grpc.aio.AbortError:
        status = _status(context)
        raise
    except asyncio.CancelledError:
        status = given_up(allowed, context.time_remaining())
        raise
    except Exception as error:  # noqa: BLE001  whatever a handler raises ends here
        outcome.error = error
        status = _status(context)
        if status is grpc.StatusCode.OK:
            status = grpc.StatusCode.INTERNAL
        await context.abort(status, context.details() or "internal error")
    finally:
        outcome.status, outcome.failed = status.name, status.name in _FAILURES
    return response


def given_up(allowed: float | None, left: float | None) -> grpc.StatusCode:
    """Tell a deadline that is over from a caller that leaves before it.

    The deadline runs on the caller's clock from when it sent the request, which is earlier than
    here, and its cancellation can arrive first: the last tenth of the time counts as over.

    Args:
        allowed: seconds until the deadline when the call came in; None: it has none.
        left: seconds until the deadline when it was cancelled.
    """
    late = allowed is not None and left is not None and left <= allowed * _LAST_PART
    return grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED


def _status(context: grpc.aio.ServicerContext) -> grpc.StatusCode:
    """Return the status set on `context`; grpcio gives None for an untouched OK."""
    return context.code() or grpc.StatusCode.OK


async def _not_found(_: object, context: grpc.aio.ServicerContext) -> None:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
