"""Events and their JSON: what is read, and what is refused, why and where."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from paved.metrics.events import (
    Accepted,
    Event,
    Flaw,
    Foreign,
    ServiceDeployed,
    cloudevent,
    decode,
)
from paved.metrics.events.decode import LINE_BYTES

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


PURL = "pkg:oci/orders@sha256%3A" + "ab" * 32


def deployment() -> dict[str, Any]:
    """Return a deployment's document, to be spoilt."""
    body = ServiceDeployed("orders", "prod", PURL)
    return cloudevent(Event("e1", "https://ci.example.com/orders", NOON, body))


def flaws(document: object) -> dict[str, Flaw]:
    """Return what is wrong with a document, by path."""
    found = decode(json.dumps(document).encode())
    assert not isinstance(found, Accepted), found
    return {flaw.path: flaw for flaw in found}


def test_the_shape_is_cdevents_in_cloudevents() -> None:
    """A deployment's JSON is the specifications' own, field by field."""
    assert deployment() == {
        "specversion": "1.0",
        "id": "e1",
        "source": "https://ci.example.com/orders",
        "type": "dev.cdevents.service.deployed.0.3.0",
        "subject": "orders",
        "time": "2026-07-01T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "context": {
                "specversion": "0.5.1",
                "id": "e1",
                "source": "https://ci.example.com/orders",
                "type": "dev.cdevents.service.deployed.0.3.0",
                "timestamp": "2026-07-01T12:00:00Z",
            },
            "subject": {
                "id": "orders",
                "content": {"environment": {"id": "prod"}, "artifactId": PURL},
            },
        },
    }


def test_the_spelling_of_cdevents_0_4_is_read() -> None:
    """`context.version`, `subject.type`, other versions of a kind and unread fields are fine."""
    document = deployment()
    context = document["data"]["context"]
    context["version"] = "0.4.1"
    del context["specversion"]
    context["chainId"] = "4c8cb7dd"
    context["links"] = [
        {"linkType": "PATH", "from": {"contextId": "x"}},
        {"linkType": "RELATION", "linkKind": "TRIGGER", "target": {"contextId": "x"}},
    ]
    context["type"] = document["type"] = "dev.cdevents.service.deployed.0.2.0"
    document["data"]["subject"] |= {"type": "service", "source": "/cluster/a"}
    document["data"]["customData"] = "b3RoZXI="
    document["traceparent"] = "00-1-2-03"
    found = decode(json.dumps(document).encode())
    assert isinstance(found, Accepted), found
    assert found.event == Event(
        "e1", document["source"], NOON, ServiceDeployed("orders", "prod", PURL)
    )


def test_an_unknown_kind_is_kept() -> None:
    """A CloudEvent of another kind is accepted as foreign, whatever its data."""
    line = b'{"specversion":"1.0","id":"1","source":"/x","type":"com.example.other","data":[1]}'
    found = decode(line)
    assert isinstance(found, Accepted)
    assert found.event == Foreign("1", "/x", "com.example.other", None)


def test_a_known_word_without_version_is_another_kind() -> None:
    """A type is known by its whole name and a version, not by how it starts."""
    for name in ("dev.cdevents.service.deployed", "dev.cdevents.service.deployed.0.3.0.x"):
        line = json.dumps({"specversion": "1.0", "id": "1", "source": "/x", "type": name})
        found = decode(line.encode())
        assert isinstance(found, Accepted)
        assert isinstance(found.event, Foreign)


def test_all_flaws_are_reported_at_once_by_path() -> None:
    """A document with many mistakes names each one's field, and what would have fitted."""
    document = deployment()
    document["specversion"] = "1.1"
    document["source"] = "not a uri"
    del document["data"]["context"]["id"]
    document["data"]["context"]["timestamp"] = "2026-07-01 12:00"
    document["data"]["subject"]["content"] = {"environment": "prod", "artifactId": "orders:1"}
    document["data"]["customData"] = {"paved": {"rework": "yes", "commits": [{"id": ""}]}}
    found = flaws(document)
    assert set(found) == {
        "specversion",
        "source",
        "data.context.id",
        "data.context.timestamp",
        "data.context.source",
        "data.subject.content.environment",
        "data.subject.content.artifactId",
        "data.customData.paved.rework",
        "data.customData.paved.commits.0.id",
        "data.customData.paved.commits.0.authored",
    }
    assert found["data.context.id"].what == "the field is missing"
    assert "RFC 3339" in found["data.context.timestamp"].expected
    assert "package URL" in found["data.subject.content.artifactId"].expected
    assert found["data.subject.content.environment"].expected == "an object"


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", "e2"), ("source", "/other"), ("type", "dev.cdevents.service.upgraded.0.3.0")],
)
def test_envelope_and_event_must_agree(name: str, value: str) -> None:
    """The binding wants id, source and type alike inside and outside."""
    document = deployment()
    document["data"]["context"][name] = value
    assert f"data.context.{name}" in flaws(document)


def test_times_must_agree_as_moments() -> None:
    """Another spelling of the same moment is fine, another moment is not."""
    document = deployment()
    document["time"] = "2026-07-01T14:00:00.000+02:00"
    assert isinstance(decode(json.dumps(document).encode()), Accepted)
    document["time"] = "2026-07-01T12:00:01Z"
    assert "time" in flaws(document)


@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01",
        "2026-07-01T12:00:00",
        "1782907200",
        "2026-02-29T00:00:00Z",
        "2026-12-31T23:59:60Z",
        "0001-01-01T00:00:00+01:00",
        "\uff12\uff10\uff12\uff16-07-01T12:00:00Z",
    ],
)
def test_only_rfc_3339_with_a_zone_is_a_time(text: str) -> None:
    """Dates, local times, numbers and days that do not exist are refused."""
    document = deployment()
    document["data"]["context"]["timestamp"] = document["time"] = text
    assert set(flaws(document)) == {"time", "data.context.timestamp"}


def test_a_finer_timestamp_is_cut_to_microseconds() -> None:
    """Nanoseconds are cut off, and another offset is the same moment."""
    document = deployment()
    del document["time"]
    document["data"]["context"]["timestamp"] = "2026-07-01T14:00:00.123456789+02:00"
    found = decode(json.dumps(document).encode())
    assert isinstance(found, Accepted)
    assert found.event.time == NOON + timedelta(microseconds=123456)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"1",
        b"{",
        b'{"id": NaN}',
        b'{"id": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' + b"9" * 10_000 + b"}",
        b'{"specversion": "1.0", "data": ' + b'{"a":' * 150 + b"1" + b"}" * 151,
        b'{"id": "' + b"x" * LINE_BYTES + b'"}',
    ],
    ids=range(11),
)
def test_broken_lines_are_flaws(line: bytes) -> None:
    """Whatever a line holds, the answer is a list of flaws."""
    found = decode(line)
    assert not isinstance(found, Accepted)
    assert all(flaw.what for flaw in found)


def test_a_secret_in_a_wrong_place_is_not_repeated() -> None:
    """A flaw shows at most the start of a text, and nothing of an object."""
    document = deployment()
    document["id"] = {"token": "hunter2"}
    document["type"] = deployment()["type"]
    document["source"] = "x" * 100 + " "
    shown = " ".join(flaw.what for flaw in flaws(document).values())
    assert "hunter2" not in shown
    assert "x" * 61 not in shown
