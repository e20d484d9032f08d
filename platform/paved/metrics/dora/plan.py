"""The frame of the delivery expressions: inputs, temporary tables, and the few idioms they use.

Only what every engine computes alike is used: integers, row numbers and running maxima; no ASOF
join, no division, no LEAST of NULLs. (ClickHouse needs `join_use_nulls = 1`.)
"""

from dataclasses import dataclass, field

import ibis  # type: ignore[import-untyped]
from ibis import _
from ibis.expr.types import (  # type: ignore[import-untyped]
    BooleanColumn,
    IntegerColumn,
    IntegerScalar,
    Table,
)

from paved.metrics.store.schema import TABLES

# Filled for each question; the expressions, and so their SQL, are the same for every question.
QUESTION = ibis.table(
    {
        "as_of": "int64",
        "window_us": "int64",
        "start_us": "int64",
        "end_us": "int64",
        "now_us": "int64",
        "weeks": "int64",
        "weeks_end_us": "int64",
        "judged_us": "int64",
    },
    name="dora_question",
)
PRODUCTION = ibis.table({"environment": "string"}, name="dora_production")
GROUPS = ibis.table({"grouping": "string", "service": "string"}, name="dora_groups")
WINDOWS = ibis.table({"service": "string", "window_us": "int64"}, name="dora_windows")

# What makes deployments told of by several events one, and what orders events.
SHARED = ["service", "deployment"]
ORDER = ["at_us", "tie"]


def asked(name: str) -> IntegerScalar:
    """Return a number of the question."""
    return QUESTION[name].as_scalar()


@dataclass(slots=True)
class Plan:
    """Expressions to keep as temporary tables, in this order."""

    steps: list[tuple[str, Table]] = field(default_factory=list)

    def keep(self, name: str, expression: Table) -> Table:
        """Add a step, and return the table that later steps read."""
        self.steps.append((name, expression))
        return ibis.table(expression.schema(), name=name)


def facts(table: str) -> Table:
    """Return the rows of one of the store's tables that count."""
    return ibis.table(TABLES[table], name=table).filter(_.seq <= asked("as_of"))


def number(by: list[str], order: list[object]) -> IntegerColumn:
    """Return each row's place (from 0) among the rows with the same `by`, in an order."""
    return ibis.row_number().over(ibis.window(group_by=by, order_by=order))


def flag(condition: BooleanColumn) -> IntegerColumn:
    """Return a condition as 1, 0 or NULL, so that engines order and add it alike."""
    return condition.cast("int8")
