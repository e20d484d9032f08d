"""The event store: append-only, idempotent, durable, in one embedded DuckDB file."""

from paved.metrics.store.files import Access, default_path, opened
from paved.metrics.store.ingest import Line, Receipt, bounded, ingest, lines_of
from paved.metrics.store.store import Counts, Store, Watermark

__all__ = [
    "Access",
    "Counts",
    "Line",
    "Receipt",
    "Store",
    "Watermark",
    "bounded",
    "default_path",
    "ingest",
    "lines_of",
    "opened",
]
