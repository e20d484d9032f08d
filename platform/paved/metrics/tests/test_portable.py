"""The expressions are written once: they compile for every engine, without engine-only parts."""

import re

import pytest

from paved.metrics.dora.engine import Script, script

UNSAFE = re.compile(
    r"\basof\b|\b(\w*(quantile|median|percentile|approx|random)\w*|now)\(|\bcurrent_",
    re.IGNORECASE,
)


def queries(found: Script) -> list[str]:
    """Return every query of a script."""
    answers = [found.totals, found.incidents, found.statistics, found.excluded]
    return [query for _, query in found.steps] + answers


@pytest.mark.parametrize("dialect", ["duckdb", "clickhouse"])
def test_every_query_compiles_for_the_engine(dialect: str) -> None:
    """Both engines get the same number of queries, all of them plain SELECTs."""
    found = queries(script(dialect))
    assert len(found) == len(queries(script("duckdb")))
    assert all(query.lstrip().startswith(("SELECT", "WITH", "(")) for query in found)


@pytest.mark.parametrize("dialect", ["duckdb", "clickhouse"])
def test_no_query_uses_what_engines_do_differently(dialect: str) -> None:
    """No sampled quantile, no ASOF join, no clock, and no division of integers."""
    for query in queries(script(dialect)):
        assert not UNSAFE.search(query), UNSAFE.search(query)
        assert "/" not in query
