"""Observes one request from arrival to end: two series, one span, one log line.

Names come from the OpenTelemetry semantic conventions (HTTP metrics and spans; RPC metrics and
spans), written for Prometheus as its compatibility document says: dots become underscores, the
unit becomes a suffix. Labels hold templates and codes, never what a caller may invent.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, StatusCode, use_span
from prometheus_client import CollectorRegistry, Gauge, Histogram

from chassis.logs import logger

# The conventions' bucket boundaries for both durations, in seconds.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
OTHER: Final = "_OTHER"

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Dialect:
    """A protocol's names in the conventions.

    Args:
        duration: the duration histogram, without its unit.
        active: the number of requests in flight.
        arrival: the attributes known when a request arrives; the first labels `active`.
        status: the attribute of the response's status.
    """

    duration: str
    active: str
    arrival: tuple[str, ...]
    status: str


HTTP: Final = Dialect(
    duration="http.server.request.duration",
    active="http.server.active_requests",
    arrival=("http.request.method", "http.route"),
    status="http.response.status_code",
)
RPC: Final = Dialect(
    duration="rpc.server.call.duration",
    active="rpc.server.active_requests",  # the conventions name none; formed as HTTP's is
    arrival=("rpc.method",),
    status="rpc.response.status_code",
)


@dataclass(slots=True)
class Outcome:
    """What became of a request; filled in by the protocol's module.

    Args:
        status: the status that goes into label, span and log.
        failed: whether that is the service's fault.
        error: what a handler raised, for span and log only.
    """

    status: int | str
    failed: bool = False
    error: BaseException | None = None


class Observer:
    """The instruments of one protocol."""

    def __init__(
        self, dialect: Dialect, registry: CollectorRegistry, provider: TracerProvider
    ) -> None:
        """Make the protocol's series in `registry`; spans come from `provider`."""
        self.in_flight = 0
        self._dialect = dialect
        self._fields = tuple(_underscored(name) for name in dialect.arrival)
        self._status = _underscored(dialect.status)
        self._tracer = provider.get_tracer("chassis")
        self._duration = Histogram(
            f"{_underscored(dialect.duration)}_seconds",
            "Duration of a request, from arrival to the last byte; its count counts requests.",
            (*self._fields, self._status),
            buckets=BUCKETS,
            registry=registry,
        )
        self._active = Gauge(
            _underscored(dialect.active),
            "Requests in flight.",
            self._fields[:1],
            registry=registry,
        )

    @contextmanager
    def request(
        self, name: str, arrival: tuple[str, ...], parent: Context, extra: Mapping[str, str]
    ) -> Iterator[Outcome]:
        """Observe the request served inside the block.

        Args:
            name: the span's name.
            arrival: the values of the dialect's arrival attributes.
            parent: the caller's trace context.
            extra: attributes for span and log that are no labels.
        """
        structlog.contextvars.clear_contextvars()
        attributes = {**dict(zip(self._dialect.arrival, arrival, strict=True)), **extra}
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes)
        outcome = Outcome(status="")
        started = time.perf_counter()
        with self._counted(arrival[0]), _current(span):
            try:
                yield outcome
            finally:
                seconds = time.perf_counter() - started
                self._duration.labels(*arrival, str(outcome.status)).observe(seconds)
                self._describe(span, outcome)
                self._log(attributes, outcome, seconds)

    @contextmanager
    def _counted(self, label: str) -> Iterator[None]:
        """Count a request as in flight."""
        active = self._active.labels(label)
        self.in_flight += 1
        active.inc()
        try:
            yield
        finally:
            active.dec()
            self.in_flight -= 1

    def _describe(self, span: Span, outcome: Outcome) -> None:
        """Put the outcome on the request's span."""
        span.set_attribute(self._dialect.status, outcome.status)
        if outcome.failed:
            span.set_status(StatusCode.ERROR)
        if outcome.error is not None:
            span.record_exception(outcome.error)

    def _log(self, attributes: Mapping[str, str], outcome: Outcome, seconds: float) -> None:
        """Write the request's one line; an error's text stays in the log."""
        write = log.error if outcome.failed else log.info
        fields: dict[str, object] = {_underscored(k): v for k, v in attributes.items()}
        fields[self._status] = outcome.status
        if outcome.error is not None:
            fields["exc_info"] = outcome.error
        write("request", duration_seconds=round(seconds, 6), **fields)


def _current(span: Span) -> AbstractContextManager[Span]:
    """Make `span` the current one and end it; what happened to it is said elsewhere."""
    return use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False)


def _underscored(name: str) -> str:
    """Return a conventions' name as Prometheus and the logs write it."""
    return name.replace(".", "_")
