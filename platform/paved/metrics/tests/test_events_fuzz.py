"""Events and their JSON, generated: both directions agree, and nothing raises."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paved.metrics.events import (
    Accepted,
    ArtifactPublished,
    ArtifactSigned,
    Body,
    ChangeMerged,
    Commit,
    EnvironmentUpdate,
    Event,
    IncidentUpdate,
    Kind,
    Lifecycle,
    Phase,
    Rollout,
    ServiceDeployed,
    ServiceScaffolded,
    cloudevent,
    decode,
    line_of,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


PURL = "pkg:oci/orders@sha256%3A" + "ab" * 32


COMMIT = Commit("c0ffee", NOON - timedelta(hours=2))


BODIES: list[Body] = [
    ChangeMerged("42", "example/orders", ("orders", "billing"), (COMMIT,)),
    ChangeMerged("43"),
    ArtifactPublished(PURL, (COMMIT,), "https://sbom.example.com/orders.cdx.json"),
    ArtifactSigned(PURL, "MEUCIQ=="),
    ServiceDeployed("orders", "prod", PURL),
    ServiceDeployed("orders", "prod", PURL, Rollout.UPGRADED, deployment="release-7"),
    ServiceDeployed("orders", "prod", PURL, Rollout.ROLLEDBACK, repairs="e1", rework=False),
    IncidentUpdate("i1", Phase.DETECTED, "prod", "orders", "/alerts", "e1", "p99 above 300 ms"),
    IncidentUpdate("i1", Phase.REPORTED, "prod", ticket="https://tickets.example.com/1"),
    IncidentUpdate("i1", Phase.RESOLVED, "prod"),
    EnvironmentUpdate("pr-7", Lifecycle.CREATED, "preview of 7"),
    EnvironmentUpdate("pr-7", Lifecycle.DELETED),
    ServiceScaffolded("orders", "payments", "shop", "service@1.2.0"),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_what_is_written_is_read(body: Body) -> None:
    """Every kind of event survives its JSON unchanged."""
    event = Event("e1", "https://ci.example.com/orders", NOON, body)
    found = decode(line_of(event).encode())
    assert isinstance(found, Accepted), found
    assert found.event == event


def test_every_kind_is_written() -> None:
    """The examples above are all the kinds there are."""
    types = {cloudevent(Event("e", "/s", NOON, body))["type"] for body in BODIES}
    assert types == {kind.type for kind in Kind}


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths(document: object, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every field of a document."""
    if not isinstance(document, dict):
        return []
    found = [(*prefix, name) for name in document]
    return found + [path for name in document for path in paths(document[name], (*prefix, name))]


@settings(max_examples=300, deadline=None)
@given(data=st.data(), body=st.sampled_from(BODIES), value=values)
def test_a_spoilt_event_is_never_a_traceback(
    data: st.DataObject, body: Body, value: object
) -> None:
    """Any field replaced or removed gives an event or flaws; an accepted one is canonical."""
    document = cloudevent(Event("e1", "/s", NOON, body))
    path = data.draw(st.sampled_from(paths(document)))
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    if data.draw(st.booleans()):
        holder[path[-1]] = value
    else:
        del holder[path[-1]]
    found = decode(json.dumps(document).encode(errors="surrogatepass"))
    if isinstance(found, Accepted):
        assert decode(found.payload.encode()) == found
    else:
        assert found
        assert all(flaw.what for flaw in found)


@settings(max_examples=200, deadline=None)
@given(line=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_never_a_traceback(line: bytes) -> None:
    """Random bytes are decoded without an exception."""
    assert decode(line) is not None


@given(
    moment=st.timedeltas(timedelta(days=-40_000), timedelta(days=40_000)).map(NOON.__add__),
    minutes=st.integers(-1439, 1439),
)
def test_moments_survive_any_offset(moment: datetime, minutes: int) -> None:
    """An event's time is the moment, however it is written."""
    zone = timezone(timedelta(minutes=minutes))
    event = Event("e", "/s", moment.astimezone(zone), ServiceDeployed("orders", "prod", PURL))
    found = decode(line_of(event).encode())
    assert isinstance(found, Accepted)
    assert found.event.time == moment
