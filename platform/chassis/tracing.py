"""OpenTelemetry traces: W3C trace context in, spans out by OTLP over HTTP.

Spans always exist, so that log lines carry their ids; they leave the process only when
OTEL_EXPORTER_OTLP_ENDPOINT is set. The SDK's own variables (OTEL_TRACES_SAMPLER,
OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES ...) work as it documents them.
"""

import threading
from collections.abc import Mapping
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.settings import Settings

_PROPAGATOR: Final = TraceContextTextMapPropagator()
HEADERS: Final = frozenset(_PROPAGATOR.fields)
"""The headers that carry trace context, in lower case."""


class Tracing:
    """The process's tracer provider, and what has to happen to it at the end."""

    def __init__(self, settings: Settings) -> None:
        """Make the provider; with an endpoint it exports in batches from a thread."""
        self.provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.name": settings.service_name,
                    "service.version": settings.service_version,
                }
            ),
            shutdown_on_exit=False,
        )
        if settings.otlp_endpoint:
            _export(self.provider, settings.otlp_endpoint)

    def use_globally(self) -> None:
        """Make `opentelemetry.trace.get_tracer` in the service's own code use the provider."""
        trace.set_tracer_provider(self.provider)

    def close(self, timeout: float) -> bool:
        """Export what is left; return whether that ended within `timeout` seconds."""
        closing = threading.Thread(target=self.provider.shutdown, daemon=True)
        closing.start()
        closing.join(timeout)
        return not closing.is_alive()


def _export(provider: TracerProvider, endpoint: str) -> None:
    """Make `provider` export to `endpoint`; the exporter costs 0.1 s to import."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))


def parent(headers: Mapping[str, str]) -> Context:
    """Return the context that `headers` (of `HEADERS`) carry, empty when they carry none."""
    return _PROPAGATOR.extract(headers, context=Context())
