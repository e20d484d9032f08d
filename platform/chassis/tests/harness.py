# ruff: noqa: INP001  a folder of tests is no package
"""Runs the services of tests/services as processes, and receives the spans that they export."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span
from prometheus_client.parser import text_string_to_metric_families

SERVICES = Path(__file__).parent / "services"
PATIENCE = 20.0
"""Seconds that a test waits for something that has to happen before it fails."""


def until(happened: Callable[[], bool], what: str) -> None:
    """Return when `happened` is true, and fail when it has not come true in time."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"did not happen: {what}")
        time.sleep(0.01)


class Process:
    """A service's process, its log lines as they come, and the gate that its handlers wait at."""

    def __init__(self, script: str, folder: Path, variables: Mapping[str, str]) -> None:
        """Start the service `script` with `variables`, on free loopback ports."""
        self.gate = folder / "gate"
        paths = filter(None, sys.path)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GATE": str(self.gate),
            "BIND_ADDRESS": "127.0.0.1",
            "PORT": "0",
            **({"OPS_PORT": "0"} if script.startswith("grpc") else {}),
            **variables,
        }
        self._child = subprocess.Popen(
            [sys.executable, str(SERVICES / script)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[dict[str, object]] = []
        self.stderr = ""
        self._readers = [threading.Thread(target=read) for read in (self._out, self._err)]
        for reader in self._readers:
            reader.start()

    def _out(self) -> None:
        for line in self._child.stdout or ():
            self.lines.append(json.loads(line))

    def _err(self) -> None:
        for line in self._child.stderr or ():
            self.stderr += line

    def logged(self, event: str, **fields: object) -> list[dict[str, object]]:
        """Return the log lines of `event` that have `fields`."""
        wanted = {"event": event, **fields}.items()
        return [line for line in list(self.lines) if wanted <= line.items()]

    def wait_for(self, event: str, count: int = 1, **fields: object) -> dict[str, object]:
        """Return the `count`th log line of `event` with `fields`, waiting for it."""
        until(
            lambda: len(self.logged(event, **fields)) >= count or self._child.poll() is not None,
            f"{event} {fields}",
        )
        found = self.logged(event, **fields)
        if len(found) < count:
            pytest.fail(f"no {event!r}; the log: {self.lines}, stderr: {self.stderr}")
        return found[count - 1]

    def port(self, server: str) -> int:
        """Return the port on which `server` (http, grpc, ops) listens."""
        return int(str(self.wait_for("listening", server=server)["port"]))

    def client(self, server: str = "http") -> httpx.Client:
        """Return a client of `server`."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port(server)}", timeout=PATIENCE)

    def samples(self, server: str = "http") -> dict[tuple[str, ...], float]:
        """Return what /metrics says: (name, label=value ...) to value."""
        with self.client(server) as client:
            text = client.get("/metrics").text
        return {
            (sample.name, *sorted(f"{k}={v}" for k, v in sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def switch(self, name: str) -> Path:
        """Return the file whose being there makes the check `name` fail."""
        return self.gate.with_name(f"{name}-down")

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal."""
        self._child.send_signal(number)

    def wait(self) -> int:
        """Return the exit code, with every line read."""
        code = self._child.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def end(self) -> None:
        """Kill the process when it still runs."""
        self._child.kill()
        self.wait()
        for stream in (self._child.stdout, self._child.stderr):
            if stream:
                stream.close()


Start = Callable[..., Process]
"""Starts a script of tests/services with the variables given as keywords."""


class Receiver:
    """An OTLP/HTTP receiver: its address, and the spans with their resource as they came."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self.received: list[ResourceSpans] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/v1/traces":
                    receiver.received += ExportTraceServiceRequest.FromString(body).resource_spans
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def spans(self) -> list[Span]:
        """Return every span received."""
        return [
            span
            for resource in self.received
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def resource(self) -> dict[str, object]:
        """Return the attributes of what sent the spans."""
        return self.attributes(self.received[0].resource)

    def attributes(self, owner: Span | Resource) -> dict[str, object]:
        """Return the attributes of a span or a resource."""
        return {
            item.key: getattr(item.value, str(item.value.WhichOneof("value")))
            for item in owner.attributes
        }

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
