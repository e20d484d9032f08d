"""A registry on loopback: Debian mirror, Python index and Go proxy in one, served from memory."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALL_SECONDS = 120


class Stall:
    """A file that comes half, until it is let go on.

    `reached` is set once a client has the first half; `release` lets the rest come.
    """

    def __init__(self) -> None:
        """Begin with nobody there."""
        self.reached = threading.Event()
        self.release = threading.Event()


class Registry:
    """Files by path, what was asked for, and what is to go wrong.

    `files` may be changed while it runs; paths in `stalls` come half; `asked` has every path in
    the order of the requests.
    """

    def __init__(self) -> None:
        """Begin without files."""
        self.files: dict[str, bytes] = {}
        self.stalls: dict[str, Stall] = {}
        self.asked: list[str] = []
        self.url = ""

    def add_wheel(self, name: str, content: bytes) -> str:
        """Serve a wheel and its index page; return its sha256."""
        distribution = name.split("-", 1)[0].replace("_", "-").lower()
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"/wheels/{name}"] = content
        page = f'<!DOCTYPE html><a href="/wheels/{name}#sha256={digest}">{name}</a>\n'
        self.files[f"/simple/{distribution}/"] = page.encode()
        return digest

    def stall(self, path: str) -> Stall:
        """Let the file at `path` come half from now on."""
        self.stalls[path] = Stall()
        return self.stalls[path]


@contextmanager
def serve() -> Iterator[Registry]:
    """Yield a registry that runs, at a free port."""
    registry = Registry()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            registry.asked.append(self.path)
            content = registry.files.get(self.path)
            self.send_response(404 if content is None else 200)
            kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self._send(content or b"", registry.stalls.get(self.path))

        do_HEAD = do_GET  # noqa: N815

        def _send(self, content: bytes, stall: Stall | None) -> None:
            half = len(content) // 2 if stall else 0
            self.wfile.write(content[:half])
            self.wfile.flush()
            if stall:
                stall.reached.set()
                stall.release.wait(STALL_SECONDS)
            self.wfile.write(content[half:])

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        for stall in registry.stalls.values():
            stall.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
