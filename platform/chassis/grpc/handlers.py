"""grpcio's four kinds of method handler seen as one: a coroutine of request and context."""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Final, cast

import grpc  # type: ignore[import-untyped]

# A request is a message or an iterator of messages, an answer a message or, streamed, None.
Call = Callable[[object, grpc.aio.ServicerContext], Awaitable[object]]

_MAKERS: Final = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


def behaviour(handler: grpc.RpcMethodHandler) -> Callable[..., object]:
    """Return the service's function inside `handler`."""
    kinds = (handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream)
    return cast("Callable[..., object]", next(kind for kind in kinds if kind is not None))


def is_async(handler: grpc.RpcMethodHandler) -> bool:
    """Return whether the service's function is a coroutine or an asynchronous generator."""
    function = behaviour(handler)
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def as_call(handler: grpc.RpcMethodHandler) -> Call:
    """Return the service's function as a coroutine; a generator's messages are written.

    So a cancelled stream ends inside the coroutine, in its own task and context, and not when
    the generator is collected.
    """
    function = behaviour(handler)
    if not inspect.isasyncgenfunction(function):
        return cast("Call", function)

    async def write_all(request: object, context: grpc.aio.ServicerContext) -> None:
        async with aclosing(function(request, context)) as messages:
            async for message in messages:
                await context.write(message)

    return write_all


def with_call(handler: grpc.RpcMethodHandler, call: Call) -> grpc.RpcMethodHandler:
    """Return `handler` with its function replaced by `call`."""
    make = _MAKERS[handler.request_streaming, handler.response_streaming]
    return make(call, handler.request_deserializer, handler.response_serializer)
