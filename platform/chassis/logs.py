"""Structured logs: one JSON object per line on stdout, from structlog and from `logging` alike.

Every line carries timestamp (UTC), level, event, logger, service and version, and inside a
request trace_id and span_id. Colours, files and log shipping are left out.
"""

import logging
import sys
from typing import TextIO, cast

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from chassis.settings import Settings


def logger(name: str) -> FilteringBoundLogger:
    """Return a structured logger whose lines carry `name`, the module's `__name__`."""
    return cast("FilteringBoundLogger", structlog.get_logger(logger_name=name))


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line of the process to `stream` (stdout) in the one format."""
    out = stream or sys.stdout
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared = _shared(settings)
    final: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*shared, *final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    _capture_standard_library(out, level, shared, final)


def _shared(settings: Settings) -> list[Processor]:
    """Return the processors that add the fields every line has."""

    def add_origin(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        if "logger_name" in event:  # structlog takes no initial value called logger
            event["logger"] = event.pop("logger_name")
        event["service"] = settings.service_name
        event["version"] = settings.service_version
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_origin,
        add_trace,
    ]


def add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add the current span's ids, as the W3C writes them, when there is a span."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _capture_standard_library(
    out: TextIO, level: int, shared: list[Processor], final: list[Processor]
) -> None:
    """Format the records of `logging` and of `warnings` like structlog's own."""
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                *shared,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    # What uvicorn says below a warning, the chassis says itself.
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))
