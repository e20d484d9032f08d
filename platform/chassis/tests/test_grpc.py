"""A gRPC service as callers and the platform see it: calls, health, reflection, shutdown."""

import json
import signal
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (  # type: ignore[import-untyped]
    ProtoReflectionDescriptorDatabase,
)

from chassis.grpc.calls import given_up
from chassis.tests.harness import PATIENCE, Process, Receiver, Start, until

pytestmark = pytest.mark.usefixtures("stubs")

SERVICE = "grpc_service.py"
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
COUNT = "rpc_server_call_duration_seconds_count"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Caller:
    """Calls the demo service with generated stubs."""

    def __init__(self, process: Process) -> None:
        """Open a channel to `process`."""
        import demo_pb2  # type: ignore[import-not-found]  # noqa: PLC0415  compiled by a fixture
        import demo_pb2_grpc  # type: ignore[import-not-found]  # noqa: PLC0415

        self.channel = grpc.insecure_channel(f"127.0.0.1:{process.port('grpc')}")
        self.stub = demo_pb2_grpc.DemoStub(self.channel)
        self.request = demo_pb2.Request

    def get(self, name: str, **options: object) -> str:
        """Return the text of one unary call."""
        return str(self.stub.Get(self.request(name=name), timeout=PATIENCE, **options).text)

    def failure(self, name: str, **options: object) -> tuple[str, str]:
        """Return the status and details of a unary call that fails."""
        with pytest.raises(grpc.RpcError) as caught:
            self.stub.Get(self.request(name=name), **{"timeout": PATIENCE, **options})
        return caught.value.code().name, caught.value.details()


def counted(process: Process) -> dict[tuple[str, str], float]:
    """Return the number of calls by method and status, as /metrics has it."""
    return {
        (key[1].removeprefix("rpc_method="), key[2].split("=")[1]): value
        for key, value in process.samples("ops").items()
        if key[0] == COUNT
    }


def test_every_call_is_counted_once_by_method_and_status(start: Start) -> None:
    """Counts equal the calls made, of all four kinds, good and bad, and nothing else."""
    process = start(SERVICE)
    caller = Caller(process)
    made: Counter[tuple[str, str]] = Counter()
    for name in ("ann", "bob"):
        assert caller.get(name) == f"hello, {name}"
        made["demo.v1.Demo/Get", "OK"] += 1
    failures = {"missing": "NOT_FOUND", "code": "ALREADY_EXISTS", "boom": "INTERNAL"}
    for name, status in failures.items():
        assert caller.failure(name)[0] == status
        made["demo.v1.Demo/Get", status] += 1
    assert [reply.text for reply in caller.stub.List(caller.request())] == ["1", "2", "3"]
    made["demo.v1.Demo/List", "OK"] += 1
    names = [caller.request(name=name) for name in "abc"]
    assert caller.stub.Count(iter(names)).text == "3"
    made["demo.v1.Demo/Count", "OK"] += 1
    assert [reply.text for reply in caller.stub.Chat(iter(names))] == ["A", "B", "C"]
    made["demo.v1.Demo/Chat", "OK"] += 1
    for path in ("/demo.v1.Demo/Nope", "/no.Such/Thing"):
        with pytest.raises(grpc.RpcError) as caught:
            caller.channel.unary_unary(path)(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        made["_OTHER", "UNIMPLEMENTED"] += 1
    until(lambda: counted(process) == made, f"{made}")


def test_exception_becomes_a_bare_internal_and_one_log_line(start: Start) -> None:
    """The caller sees nothing of the exception, unary or streamed, the log all of it."""
    process = start(SERVICE)
    caller = Caller(process)
    assert caller.failure("boom") == ("INTERNAL", "internal error")
    stream = caller.stub.List(caller.request(name="boom"))
    assert next(stream).text == "1"
    with pytest.raises(grpc.RpcError) as caught:
        next(stream)
    assert caught.value.details() == "internal error"
    for method in ("Get", "List"):
        line = process.wait_for("request", rpc_method=f"demo.v1.Demo/{method}", level="error")
        assert "password=hunter2" in str(line["exception"])
    assert len([line for line in process.lines if "hunter2" in json.dumps(line)]) == 2
    assert process.stderr == ""


def test_deadline_is_respected_and_counted(start: Start) -> None:
    """A call that outlasts its deadline ends on both sides, with the same status."""
    process = start(SERVICE)
    assert Caller(process).failure("hold", timeout=5)[0] == "DEADLINE_EXCEEDED"
    line = process.wait_for("request", rpc_response_status_code="DEADLINE_EXCEEDED")
    assert line["level"] == "error"
    assert counted(process) == {("demo.v1.Demo/Get", "DEADLINE_EXCEEDED"): 1}
    active = ("rpc_server_active_requests", "rpc_method=demo.v1.Demo/Get")
    assert process.samples("ops")[active] == 0


@pytest.mark.parametrize(
    ("allowed", "left", "status"),
    [
        (5.0, 0.0, "DEADLINE_EXCEEDED"),
        (5.0, 0.5, "DEADLINE_EXCEEDED"),  # the caller's clock was ahead
        (5.0, 0.6, "CANCELLED"),
        (None, None, "CANCELLED"),
    ],
)
def test_a_deadline_is_told_from_a_caller_that_leaves(
    allowed: float | None, left: float | None, status: str
) -> None:
    """A cancellation in the last tenth of the time is the deadline's, else the caller's."""
    assert given_up(allowed, left).name == status


def test_cancelled_stream_ends_and_is_counted(start: Start) -> None:
    """A caller that leaves a stream ends the handler; that is not the service's failure."""
    process = start(SERVICE)
    caller = Caller(process)
    stream = caller.stub.List(caller.request(name="hold"))
    assert next(stream).text == "1"
    active = ("rpc_server_active_requests", "rpc_method=demo.v1.Demo/List")
    assert process.samples("ops")[active] == 1
    stream.cancel()
    line = process.wait_for("request", rpc_response_status_code="CANCELLED")
    assert line["level"] == "info"
    assert process.samples("ops")[active] == 0


def test_call_continues_the_callers_trace(start: Start, receiver: Receiver) -> None:
    """Span and log lines have the caller's trace, and the conventions' attributes."""
    process = start(SERVICE, SERVICE_NAME="demo", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address)
    caller = Caller(process)
    caller.get("ann", metadata=(("traceparent", f"00-{TRACE}-{CALLER}-01"),))
    assert process.wait_for("getting", name="ann")["trace_id"] == TRACE
    line = process.wait_for("request")
    caller.failure("boom")
    process.signal()
    assert process.wait() == 0
    good, bad = receiver.spans()
    assert (good.name, good.kind) == ("demo.v1.Demo/Get", good.SPAN_KIND_SERVER)
    assert (good.trace_id.hex(), good.parent_span_id.hex()) == (TRACE, CALLER)
    assert good.span_id.hex() == line["span_id"]
    assert receiver.attributes(good) == {
        "rpc.method": "demo.v1.Demo/Get",
        "rpc.system.name": "grpc",
        "rpc.response.status_code": "OK",
    }
    assert bad.status.code == bad.status.STATUS_CODE_ERROR
    assert receiver.resource()["service.name"] == "demo"


def test_reflection_lists_the_services(start: Start) -> None:
    """Reflection's own client finds the service, health, reflection, and a method."""
    database = ProtoReflectionDescriptorDatabase(Caller(start(SERVICE)).channel)
    assert sorted(database.get_services()) == [
        "demo.v1.Demo",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    ]
    found = database.FindFileContainingSymbol("demo.v1.Demo")
    assert [method.name for method in found.service[0].method] == ["Get", "List", "Count", "Chat"]


def test_health_follows_the_checks(start: Start) -> None:
    """A watcher hears of a failing check and of its recovery, for server and service."""
    process = start(SERVICE, READY_CHECK_INTERVAL_SECONDS="0.05")
    health = health_pb2_grpc.HealthStub(Caller(process).channel)
    for name in ("", "demo.v1.Demo"):
        watch = health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=PATIENCE)
        statuses = (update.status for update in watch)
        until_status(statuses.__next__, SERVING)
        process.switch("database").touch()
        assert next(statuses) == NOT_SERVING
        with process.client("ops") as ops:
            assert ops.get("/readyz").json()["failed"] == ["database"]
        process.switch("database").unlink()
        assert next(statuses) == SERVING
        watch.cancel()
    with pytest.raises(grpc.RpcError) as caught:
        health.Check(health_pb2.HealthCheckRequest(service="no.Such"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert counted(process) == {}


def until_status(read: Callable[[], int], wanted: int) -> None:
    """Read statuses until `wanted`; a watcher may come before the service is ready."""
    while read() != wanted:
        pass


def test_calls_in_flight_are_finished(start: Start) -> None:
    """After the signal new calls are refused, the held one is answered, the exit is 0."""
    process = start(SERVICE)
    caller, late = Caller(process), Caller(process)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(caller.get, "hold")
        process.wait_for("getting", name="hold")
        process.signal()
        process.wait_for("stopping")
        until(lambda: refused(process.port("grpc")), "the port closes")
        assert late.failure("late")[0] == "UNAVAILABLE"
        with process.client("ops") as ops:
            assert ops.get("/readyz").json()["phase"] == "stopping"
        assert not held.done()
        process.gate.touch()
        assert held.result() == "hello, hold"
    assert process.wait() == 0


def refused(port: int) -> bool:
    """Return whether nothing listens on the loopback `port`."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_watchers_hear_first_and_do_not_delay_the_end(start: Start) -> None:
    """In the drain time watchers hear NOT_SERVING and calls go on; then open streams end."""
    process = start(SERVICE, SHUTDOWN_DRAIN_SECONDS="1", SHUTDOWN_GRACE_SECONDS="600")
    caller = Caller(process)
    watch = health_pb2_grpc.HealthStub(caller.channel).Watch(health_pb2.HealthCheckRequest())
    until_status(lambda: next(watch).status, SERVING)
    process.signal()
    assert next(watch).status == NOT_SERVING
    assert caller.get("ann") == "hello, ann"
    with pytest.raises(grpc.RpcError) as caught:
        next(watch)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert process.wait() == 0


def test_grace_time_is_the_limit(start: Start) -> None:
    """A call that outlasts the grace time is cut off, said so, and the exit is 1."""
    process = start(SERVICE, SHUTDOWN_GRACE_SECONDS="0.3")
    caller = Caller(process)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(caller.failure, "hold")
        process.wait_for("getting", name="hold")
        process.signal()
        assert process.wait() == 1
        assert held.result()[0] == "UNAVAILABLE"
    line = process.logged("grace time is over, requests are cut off")[0]
    assert line["in_flight"] == 1


def test_second_signal_ends_it_at_once(start: Start) -> None:
    """A second signal does not wait for the call in flight."""
    process = start(SERVICE)
    caller = Caller(process)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(caller.failure, "hold")
        process.wait_for("getting", name="hold")
        process.signal()
        process.wait_for("stopping")
        process.signal(signal.SIGINT)
        assert process.wait() == 128 + signal.SIGINT
        assert held.result()[0] == "UNAVAILABLE"


def test_handlers_that_would_block_are_refused(start: Start) -> None:
    """Servicers whose methods are not asynchronous end the start with 1 and their names."""
    process = start(SERVICE, START="blocking")
    assert process.wait() == 1
    reason = str(process.logged("cannot start")[0]["reason"])
    assert reason.startswith("handlers have to be async def: ")
    assert reason.count("demo.v1.Demo/") == 4


@pytest.mark.parametrize("variable", ["PORT", "OPS_PORT"])
def test_taken_port_is_said_in_the_log(start: Start, variable: str) -> None:
    """A port that another process has ends it with 4 and names the port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start(SERVICE, **{variable: str(port)})
        assert process.wait() == 4
    reason = str(process.logged("cannot start")[0]["reason"])
    assert reason == f"port {port} of 127.0.0.1 cannot be bound: Address already in use"
