"""An HTTP service's requests as the platform sees them: answers, series, logs, spans."""

import asyncio
import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chassis.http.server import bind
from chassis.tests.harness import Process, Receiver, Start, until

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
COUNT = "http_server_request_duration_seconds_count"


def labels(method: str, status: int, route: str) -> tuple[str, ...]:
    """Return the duration's labels as `Process.samples` writes them."""
    return (
        f"http_request_method={method}",
        f"http_response_status_code={status}",
        f"http_route={route}",
    )


@pytest.fixture
def service(start: Start) -> Process:
    """Give the HTTP service, running."""
    return start("http_service.py", SERVICE_NAME="shop", SERVICE_VERSION="1.2.3")


def test_every_request_is_counted_once_under_its_template(service: Process) -> None:
    """Counts equal the requests sent, by method, template and status, and nothing else."""
    sent: Counter[tuple[str, ...]] = Counter()
    with service.client() as client:
        for number in range(7):
            sent[labels("GET", client.get(f"/hello/{number}").status_code, "/hello/{name}")] += 1
        for number in range(5):
            status = client.get(f"/nowhere/{number}").status_code
            sent[labels("GET", status, "")] += 1
        for tenant in ("a", "b"):
            status = client.get(f"/shop/{tenant}/items/1").status_code
            sent[labels("GET", status, "/shop/{tenant}/items/{name}")] += 1
        sent[labels("DELETE", client.delete("/hello/x").status_code, "/hello/{name}")] += 1
        sent[labels("_OTHER", client.request("BREW", "/hello/x").status_code, "/hello/{name}")] += 1
        sent[labels("GET", client.get("/boom").status_code, "/boom")] += 1
        endless = client.get(f"/shop/a/items/{'9' * 5000}")  # more digits than int() takes
        sent[labels("GET", endless.status_code, "")] += 1
    counted = {key[1:]: n for key, n in service.samples().items() if key[0] == COUNT}
    assert counted == sent
    assert {key[1] for key in counted} == {
        "http_response_status_code=200",
        "http_response_status_code=404",
        "http_response_status_code=405",
        "http_response_status_code=500",
    }


def test_histogram_adds_up(service: Process) -> None:
    """The buckets are the conventions', rise to the count, and the sum is real time."""
    with service.client() as client:
        for _ in range(3):
            client.get("/hello/x")
    samples = service.samples()
    where = labels("GET", 200, "/hello/{name}")
    name = "http_server_request_duration_seconds"
    bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
    edges = [f"le={float(bound)}" for bound in bounds] + ["le=+Inf"]
    buckets = [samples[(f"{name}_bucket", *where, edge)] for edge in edges]
    assert buckets == sorted(buckets)
    assert buckets[-1] == samples[(COUNT, *where)] == 3
    assert 0 < samples[(f"{name}_sum", *where)] < 10
    found = {key[-1] for key in samples if key[0] == f"{name}_bucket"}
    assert found == set(edges)


def test_requests_in_flight_are_shown_while_they_are(service: Process) -> None:
    """The gauge is 4 while four requests are held, and 0 when they have ended."""
    active = ("http_server_active_requests", "http_request_method=GET")
    with service.client() as client, ThreadPoolExecutor(4) as pool:
        held = [pool.submit(client.get, "/hold") for _ in range(4)]
        service.wait_for("holding", count=4)
        assert service.samples()[active] == 4
        service.gate.touch()
        assert [answer.result().status_code for answer in held] == [200] * 4
    assert service.samples()[active] == 0


def test_platform_endpoints_are_not_counted_or_logged(service: Process) -> None:
    """Probes and scrapes leave no series and no request line."""
    with service.client() as client:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert client.get(path).status_code == 200
    assert not [key for key in service.samples() if key[0] == COUNT]
    assert not service.logged("request")


def test_metrics_are_what_a_scraper_asks_for(service: Process) -> None:
    """Plain and OpenMetrics text come with their content types, and name the service."""
    with service.client() as client:
        plain = client.get("/metrics")
        accept = "application/openmetrics-text;version=1.0.0"
        open_metrics = client.get("/metrics", headers={"accept": accept})
    assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'target_info{service_name="shop",service_version="1.2.3"} 1.0' in plain.text
    assert "process_resident_memory_bytes" in plain.text
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text")
    assert open_metrics.text.endswith("# EOF\n")


def test_readiness_names_the_checks_that_fail(service: Process) -> None:
    """False, an exception and taking too long each fail a check; none of them says why."""
    with service.client() as client:
        assert client.get("/readyz").json() == {
            "status": "ready",
            "phase": "serving",
            "failed": [],
        }
        for name in ("database", "cache", "queue"):
            service.switch(name).touch()
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert answer.json() == {"status": "not ready", "phase": "serving", "failed": [name]}
            assert client.get("/healthz").status_code == 200
            service.switch(name).unlink()
        assert client.get("/readyz").status_code == 200
    assert "hunter2" in str(service.wait_for("readiness check failed", check="cache"))
    assert service.wait_for("readiness check took too long", check="queue")


def test_concurrent_requests_keep_their_own_trace_and_fields(service: Process) -> None:
    """Forty requests at once: each one's lines carry its own trace and bound field."""

    def call(number: int) -> int:
        headers = {"traceparent": f"00-{number:032x}-{CALLER}-01"}
        return client.get(f"/hello/{number}", headers=headers).status_code

    with service.client() as client, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(1, 41))) == {200}
    for number in range(1, 41):
        greeted = service.wait_for("greeted", name=str(number))
        request = service.wait_for("request", url_path=f"/hello/{number}")
        for line in (greeted, request):
            assert line["trace_id"] == f"{number:032x}"
            assert line["customer"] == str(number)
    assert all(line["bound_before"] == {} for line in service.logged("greeting"))


def test_pipelined_requests_do_not_share_fields(service: Process) -> None:
    """Of two requests in one packet the second starts without the first one's fields."""
    lines = b"GET /hello/%s HTTP/1.1\r\nhost: x\r\n%s\r\n"
    with socket.create_connection(("127.0.0.1", service.port("http"))) as connection:
        connection.sendall(lines % (b"ann", b"") + lines % (b"bob", b"connection: close\r\n"))
        while connection.recv(1000):
            pass
    ann, bob = service.wait_for("request"), service.wait_for("request", count=2)
    assert (ann["customer"], bob["customer"]) == ("ann", "bob")
    assert ann["trace_id"] != bob["trace_id"]
    assert [line["bound_before"] for line in service.logged("greeting")] == [{}, {}]


def test_answers_on_kept_connections_are_sent_at_once() -> None:
    """Connections do not wait for acknowledgements: Nagle's algorithm is off on them."""

    async def accepted() -> int:
        options: asyncio.Queue[int] = asyncio.Queue()

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            chosen = writer.get_extra_info("socket")
            await options.put(chosen.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        bound = bind("127.0.0.1", 0)
        async with await asyncio.start_server(serve, sock=bound):
            _, writer = await asyncio.open_connection(*bound.getsockname())
            writer.close()
            return await options.get()

    assert asyncio.run(accepted()) == 1


def test_log_lines_have_the_fields_that_are_promised(service: Process) -> None:
    """Lines of the service and of the chassis are JSON with the documented fields."""
    with service.client() as client:
        client.get("/hello/x?token=hunter2", headers={"traceparent": f"00-{TRACE}-{CALLER}-01"})
    line = service.wait_for("request")
    assert float(str(line.pop("duration_seconds"))) > 0
    assert str(line.pop("timestamp")).endswith("Z")
    assert len(str(line.pop("span_id"))) == 16
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "chassis.observe",
        "service": "shop",
        "version": "1.2.3",
        "trace_id": TRACE,
        "customer": "x",
        "http_request_method": "GET",
        "http_route": "/hello/{name}",
        "http_response_status_code": 200,
        "url_path": "/hello/x",
        "url_scheme": "http",
    }
    assert service.logged("greeted")[0]["logger"] == "__main__"
    assert "hunter2" not in json.dumps(service.lines)


def test_exception_becomes_a_bare_500_and_one_log_line(service: Process) -> None:
    """The caller sees nothing of the exception, the log all of it, once."""
    with service.client() as client:
        answer = client.get("/boom")
        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
        assert client.get("/hello/after").status_code == 200
    line = service.wait_for("request", level="error")
    assert line["http_response_status_code"] == 500
    assert "ValueError: password=hunter2" in str(line["exception"])
    assert len([line for line in service.lines if "hunter2" in json.dumps(line)]) == 1


def test_answer_that_breaks_midway_is_cut_and_logged(service: Process) -> None:
    """A stream that fails after its first bytes does not look complete to the caller."""
    with service.client() as client, pytest.raises(httpx.RemoteProtocolError):
        client.get("/half")
    assert "hunter2" in str(service.wait_for("request", level="error")["exception"])


def test_caller_that_leaves_is_not_the_services_failure(service: Process) -> None:
    """A body that is never finished counts as 499, at level info."""
    head = b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nonly this"
    with socket.create_connection(("127.0.0.1", service.port("http"))) as connection:
        connection.sendall(head)
        service.wait_for("uploading")
    line = service.wait_for("request", url_path="/upload")
    assert (line["http_response_status_code"], line["level"]) == (499, "info")


def test_malformed_request_is_refused_and_the_service_goes_on(service: Process) -> None:
    """Bytes that are no HTTP get a 400, a broken traceparent a new trace."""
    with socket.create_connection(("127.0.0.1", service.port("http"))) as connection:
        connection.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    with service.client() as client:
        headers = {"traceparent": "00-zz-1-01"}
        assert client.get("/hello/x", headers=headers).status_code == 200
    assert len(str(service.wait_for("request")["trace_id"])) == 32


def test_span_continues_the_callers_trace(start: Start, receiver: Receiver) -> None:
    """The exported span has the caller's trace, the conventions' attributes, and a child."""
    service = start(
        "http_service.py",
        SERVICE_NAME="shop",
        SERVICE_VERSION="1.2.3",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address,
    )
    with service.client() as client:
        client.get("/hello/x", headers={"traceparent": f"00-{TRACE}-{CALLER}-01"})
        client.get("/hello/y", headers={"traceparent": f"00-{TRACE}-{CALLER}-00"})
        client.get("/boom")
    service.signal()
    assert service.wait() == 0
    spans = {span.name: span for span in receiver.spans()}
    assert len(receiver.spans()) == 3
    assert set(spans) == {"GET /hello/{name}", "look up", "GET /boom"}
    assert spans["look up"].parent_span_id == spans["GET /hello/{name}"].span_id
    span = spans["GET /hello/{name}"]
    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == CALLER
    assert span.kind == span.SPAN_KIND_SERVER
    assert span.span_id.hex() == service.logged("request", url_path="/hello/x")[0]["span_id"]
    assert receiver.attributes(span) == {
        "http.request.method": "GET",
        "http.route": "/hello/{name}",
        "http.response.status_code": 200,
        "url.path": "/hello/x",
        "url.scheme": "http",
    }
    assert spans["GET /boom"].status.code == span.status.STATUS_CODE_ERROR
    assert spans["GET /boom"].events[0].name == "exception"
    assert receiver.resource()["service.name"] == "shop"
    assert receiver.resource()["service.version"] == "1.2.3"


def test_unreachable_receiver_disturbs_nobody(start: Start) -> None:
    """With nothing listening at the endpoint, requests are answered and the exit is 0."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        service = start("http_service.py", OTEL_EXPORTER_OTLP_ENDPOINT=address)
        with service.client() as client:
            assert client.get("/hello/x").status_code == 200
        service.signal()
        until(lambda: bool(service.logged("stopped")), "the end")
        assert service.wait() == 0
