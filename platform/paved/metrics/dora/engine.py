"""Runs Ibis expressions on DuckDB: compiles them once, fills their inputs, keeps their tables.

Ibis only writes SQL here; its own DuckDB backend would bring pyarrow and pandas along. Left
out: what the expressions say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import ibis  # type: ignore[import-untyped]
from ibis.expr.types import Table  # type: ignore[import-untyped]

from paved.adapters.duckdb import Database
from paved.metrics.dora.history import history
from paved.metrics.dora.plan import Plan
from paved.metrics.dora.samples import (
    incident_totals,
    left_out,
    samples,
    statistics,
    totals,
)

_TYPES = {"string": "VARCHAR", "int64": "BIGINT"}


@dataclass(frozen=True, slots=True)
class Script:
    """The delivery figures as one engine's SQL: tables to keep in order, then four answers."""

    steps: tuple[tuple[str, str], ...]
    totals: str
    incidents: str
    statistics: str
    excluded: str


@cache
def script(dialect: str = "duckdb") -> Script:
    """Return the figures' SQL for an engine; it is the same for every question."""
    plan = Plan()
    past = history(plan)
    kept = plan.keep("dora_samples", samples(past))
    return Script(
        steps=tuple((name, sql(step, dialect)) for name, step in plan.steps),
        totals=sql(totals(past), dialect),
        incidents=sql(incident_totals(past), dialect),
        statistics=sql(statistics(kept), dialect),
        excluded=sql(left_out(kept), dialect),
    )


def sql(expression: Table, dialect: str = "duckdb") -> str:
    """Return an expression as one engine's SQL."""
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


def load(database: Database, table: Table, rows: Sequence[Sequence[object]]) -> None:
    """Fill a temporary table that expressions read."""
    name, schema = table.get_name(), table.schema()
    types = [_TYPES[str(kind)] for kind in schema.types]
    columns = ", ".join(
        f"{column} {kind}" for column, kind in zip(schema.names, types, strict=True)
    )
    database.rows(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    lists = ", ".join(f"unnest(?::{kind}[])" for kind in types)
    values = [[row[place] for row in rows] for place in range(len(types))]
    database.rows(f"INSERT INTO {name} SELECT {lists}", values)


def keep(database: Database, name: str, query: str) -> None:
    """Keep a query's rows as a temporary table."""
    database.rows(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
