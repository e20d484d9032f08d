"""An HTTP service's start and end as the platform sees them: signals, phases, exit codes."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chassis.tests.harness import Start, until

SERVICE = "http_service.py"


def refused(port: int) -> bool:
    """Return whether nothing listens on the loopback `port`."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_service_ends_with_0(start: Start, number: signal.Signals) -> None:
    """Either signal ends an idle service with 0, its lifespan and its log complete."""
    service = start(SERVICE)
    service.port("http")
    service.signal(number)
    assert service.wait() == 0
    assert [line["event"] for line in service.lines[-3:]] == [
        "stopping",
        "lifespan ended",
        "stopped",
    ]
    assert service.stderr == ""


def test_request_in_flight_is_finished(start: Start) -> None:
    """After the signal the port closes, the held request is answered, the exit is 0."""
    service = start(SERVICE)
    with service.client() as client, ThreadPoolExecutor() as pool:
        held = pool.submit(client.get, "/hold")
        service.wait_for("holding")
        service.signal()
        until(lambda: refused(service.port("http")), "the port closes")
        assert not held.done()
        service.gate.touch()
        assert held.result().json() == {"held": True}
        assert held.result().headers["connection"] == "close"
    assert service.wait() == 0
    assert service.logged("request")[0]["http_response_status_code"] == 200


def test_readiness_goes_first_and_the_service_goes_on(start: Start) -> None:
    """In the drain time it is not ready, alive, serves, and asks callers to reconnect."""
    service = start(SERVICE, SHUTDOWN_DRAIN_SECONDS="600")
    with service.client() as client:
        assert client.get("/readyz").status_code == 200
        assert "connection" not in client.get("/hello/x").headers
        service.signal()
        service.wait_for("stopping")
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "not ready", "phase": "stopping", "failed": []}
        assert client.get("/healthz").status_code == 200
        greeting = client.get("/hello/x")
        assert greeting.status_code == 200
        assert greeting.headers["connection"] == "close"
    service.signal()
    assert service.wait() == 128 + signal.SIGTERM


def test_drain_ends_by_itself(start: Start) -> None:
    """A drain time that is over leads to the end without a second signal."""
    service = start(SERVICE, SHUTDOWN_DRAIN_SECONDS="0.2")
    service.port("http")
    service.signal()
    assert service.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_ends_it_at_once(start: Start, number: signal.Signals) -> None:
    """A second signal cuts off what is in flight and gives the shell's code for it."""
    service = start(SERVICE)
    with service.client() as client, ThreadPoolExecutor() as pool:
        held = pool.submit(client.get, "/hold")
        service.wait_for("holding")
        service.signal()
        service.wait_for("stopping")
        service.signal(number)
        assert service.wait() == 128 + number
        with pytest.raises(httpx.TransportError):
            held.result()
    assert service.logged("second signal, exiting at once", signal=number.name)


def test_grace_time_is_the_limit(start: Start) -> None:
    """A request that outlasts the grace time is cut off, said so, and the exit is 1."""
    service = start(SERVICE, SHUTDOWN_GRACE_SECONDS="0.3")
    with service.client() as client, ThreadPoolExecutor() as pool:
        held = pool.submit(client.get, "/hold")
        service.wait_for("holding")
        service.signal()
        assert service.wait() == 1
        with pytest.raises(httpx.TransportError):
            held.result()
    assert service.logged("grace time is over, requests are cut off")[0]["in_flight"] == 1


def test_idle_connections_do_not_delay_the_end(start: Start) -> None:
    """Open connections without a request are closed, long before the grace time is over."""
    service = start(SERVICE, SHUTDOWN_GRACE_SECONDS="600")
    with service.client() as client:
        client.get("/hello/x")
        service.signal()
        assert service.wait() == 0


def test_signal_during_the_start_ends_it(start: Start) -> None:
    """A service whose start-up hangs ends with 0 at the first signal."""
    service = start(SERVICE, START="hangs")
    service.wait_for("starting for ever")
    service.signal()
    assert service.wait() == 0
    assert service.logged("stopped before the start was over")


def test_start_up_is_alive_but_not_ready(start: Start) -> None:
    """With a port of their own, the platform's endpoints answer while the start-up hangs."""
    service = start(SERVICE, START="hangs", OPS_PORT="0")
    with service.client("ops") as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["phase"]) == (503, "starting")
    assert not service.logged("listening", server="http")


def test_platform_endpoints_can_have_their_own_port(start: Start) -> None:
    """With OPS_PORT they are there, and not on the service's port."""
    service = start(SERVICE, OPS_PORT="0")
    with service.client("http") as client:
        assert client.get("/hello/x").status_code == 200
        assert client.get("/metrics").status_code == 404
    with service.client("ops") as client:
        until(lambda: client.get("/readyz").status_code == 200, "ready")
        assert "/hello/{name}" in client.get("/metrics").text
        assert client.get("/hello/x").status_code == 404
    service.signal()
    assert service.wait() == 0


def test_start_up_that_fails_is_said_in_the_log(start: Start) -> None:
    """A start-up that raises ends with 1, the reason in the log and nothing on stderr."""
    service = start(SERVICE, START="fails")
    assert service.wait() == 1
    assert service.logged("cannot start", reason="the start-up of http failed")
    assert any("no such table" in str(line["event"]) for line in service.lines)
    assert service.stderr == ""


def test_taken_port_is_said_in_the_log(start: Start) -> None:
    """A port that another process has ends it with 4 and names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        service = start(SERVICE, PORT=str(port))
        assert service.wait() == 4
    reason = str(service.logged("cannot start")[0]["reason"])
    assert reason == f"port {port} of 127.0.0.1 cannot be bound: Address already in use"
    assert service.stderr == ""
