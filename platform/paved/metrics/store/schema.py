"""The tables of the store, written once: the store creates them, the queries are built on them.

`events` holds every event's text; the other tables hold what the figures need from it, and can
be derived from it again. Every table carries `seq`, the event's number in order of arrival.
Times are microseconds since 1970 in UTC; an absent text is empty, never NULL. `tie` puts events
of the same microsecond into an order that does not depend on their arrival.
"""

VERSION = 1
NEW_VERSION = "INSERT INTO meta VALUES ('schema', ?)"

TABLES: dict[str, dict[str, str]] = {
    "deployments": {
        "seq": "int64",
        "at_us": "int64",
        "tie": "int64",
        "id": "string",
        "service": "string",
        "environment": "string",
        "artifact": "string",
        "deployment": "string",
        "repairs": "boolean",
        "label": "boolean",
    },
    "incidents": {
        "seq": "int64",
        "at_us": "int64",
        "tie": "int64",
        "incident": "string",
        "resolved": "boolean",
        "environment": "string",
        "service": "string",
        "cause": "string",
    },
    "contents": {
        "seq": "int64",
        "artifact": "string",
        "commit_id": "string",
        "authored_us": "int64",
    },
    "merges": {
        "seq": "int64",
        "at_us": "int64",
        "change": "string",
        "service": "string",
        "commit_id": "string",
    },
    "scaffolds": {
        "seq": "int64",
        "at_us": "int64",
        "tie": "int64",
        "service": "string",
        "team": "string",
        "domain": "string",
    },
}

_TYPES = {"int64": "BIGINT", "string": "VARCHAR", "boolean": "BOOLEAN"}


def statements() -> list[str]:
    """Return the statements that make an empty store."""
    facts = [
        f"CREATE TABLE {table} ({', '.join(f'{c} {_TYPES[t]}' for c, t in columns.items())})"
        for table, columns in TABLES.items()
    ]
    return [
        "CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)",
        (
            "CREATE TABLE events (seq BIGINT NOT NULL, source VARCHAR NOT NULL,"
            " id VARCHAR NOT NULL, type VARCHAR NOT NULL, at_us BIGINT, known BOOLEAN NOT NULL,"
            " payload VARCHAR NOT NULL, PRIMARY KEY (source, id))"
        ),
        "CREATE TABLE refused (digest VARCHAR PRIMARY KEY, problems VARCHAR NOT NULL)",
        *facts,
    ]


def insertion(table: str, types: list[str]) -> str:
    """Return the statement that inserts columns, given as one list per column."""
    lists = ", ".join(f"unnest(?::{_TYPES[kind]}[])" for kind in types)
    return f"INSERT INTO {table} SELECT {lists}"
