"""uvicorn as one of the process's servers: started, drained and stopped by the lifecycle."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from chassis.lifecycle import StartError
from chassis.logs import logger
from chassis.settings import ExitCode, Settings

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the 60 s that load balancers keep idle connections, so that they close first."""

log = logger(__name__)


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handling, and able to say when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class HttpServer:
    """One ASGI application on one port; `port` is it once the server has started."""

    def __init__(self, name: str, app: ASGIApp, port: int, settings: Settings) -> None:
        """Serve `app` on `port` (0: a free one); `name` tells servers apart in the log."""
        self._name = name
        self._app = app
        self.port = port
        self._settings = settings

    async def start(self) -> None:
        """Bind, run the application's start-up and listen.

        Raises:
            StartError: the port is taken or forbidden, or the application's start-up failed.
        """
        bound = bind(self._settings.bind_address, self.port)
        self._uvicorn = _Uvicorn(_config(self._app, self._settings))
        self._serving = asyncio.create_task(self._serve(bound))
        listening = asyncio.create_task(self._uvicorn.listening.wait())
        await asyncio.wait({self._serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._serving.done():
            await self._serving
        self.port = bound.getsockname()[1]
        log.info("listening", server=self._name, port=self.port)

    async def stop(self) -> None:
        """Close the port and idle connections; return when the busy ones have ended."""
        self._uvicorn.should_exit = True
        await self._serving

    async def _serve(self, bound: socket.socket) -> None:
        try:
            await self._uvicorn.serve(sockets=[bound])
        except SystemExit:
            raise StartError(f"the start-up of {self._name} failed") from None


def bind(address: str, port: int) -> socket.socket:
    """Return a TCP socket bound to `address` and `port`, not yet listening.

    Raises:
        StartError: the port is taken or may not be used.
    """
    six = isinstance(ipaddress.ip_address(address), ipaddress.IPv6Address)
    family = socket.AF_INET6 if six else socket.AF_INET
    # The protocol has to be named: asyncio sets TCP_NODELAY only on sockets that say TCP, and
    # without it each answer on a kept connection waits 40 ms for the caller's delayed ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        message = f"port {port} of {address} cannot be bound: {error.strerror}"
        raise StartError(message, ExitCode.ENVIRONMENT) from None
    return bound


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's configuration, with nothing left for it to read from the environment."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="auto",
        workers=1,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )
