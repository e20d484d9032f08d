"""The files of a release: canonical, strict, and told apart from what is not theirs."""

import json
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paved.delivery.release import documents
from paved.delivery.release.model import ENVIRONMENTS, Denied, Freeze, Pin, Policy, ReleaseSet
from paved.delivery.testing import pin_of
from paved.errors import InputError

digests = st.binary(min_size=32, max_size=32).map(lambda content: f"sha256:{content.hex()}")
names = st.text("az09-", max_size=6).map(lambda text: f"a{text}z")
pins = st.builds(
    Pin,
    image=st.sampled_from(("registry.example.com/shop/orders", "127.0.0.1:5000/a_b/c--d.e")),
    digest=digests,
    commit=st.binary(min_size=20, max_size=20).map(bytes.hex),
    template=st.sampled_from(("service@0.1.0", "service@1.2.3-rc.1+b")),
    contract=st.just("v1"),
    sbom=digests | st.just(""),
    provenance=digests | st.just(""),
)
sets = st.builds(
    ReleaseSet,
    environment=st.sampled_from(ENVIRONMENTS),
    pins=st.dictionaries(names, pins, max_size=4).map(MappingProxyType),
)
moments = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(sets)
def test_a_set_survives_its_file(release: ReleaseSet) -> None:
    """What is written is read back, and written again as the same bytes."""
    content = documents.write_set(release)
    found = documents.read_set(content, release.environment, "set")
    assert found == release
    assert documents.write_set(found) == content


@given(sets)
def test_a_set_has_one_way_to_be_written(release: ReleaseSet) -> None:
    """The order in which services came does not show."""
    turned = ReleaseSet(
        release.environment, MappingProxyType(dict(sorted(release.pins.items(), reverse=True)))
    )
    assert documents.write_set(turned) == documents.write_set(release)


@given(
    st.lists(
        st.builds(
            Denied,
            digest=digests,
            service=names,
            environment=st.sampled_from(ENVIRONMENTS),
            reason=st.text(st.characters(exclude_categories=["C"]), min_size=1),
            since=moments,
            by=st.just("Release <release@example.com>"),
        ),
        unique_by=lambda item: item.digest,
    )
)
def test_a_denylist_survives_its_file(denied: list[Denied]) -> None:
    """What is written is read back, ordered by digest."""
    found = documents.read_denylist(documents.write_denylist(tuple(denied)), "list")
    assert found == tuple(sorted(denied, key=lambda item: item.digest))


def test_the_bytes_of_a_set() -> None:
    """The file is plain, sorted JSON that a reviewer can read line by line."""
    release = ReleaseSet("dev", MappingProxyType({"orders": pin_of("orders", "1")}))
    lines = documents.write_set(release).decode().splitlines()
    assert lines[:4] == [
        "{",
        '  "environment": "dev",',
        '  "schema_version": 1,',
        '  "services": {',
    ]
    assert lines[4] == '    "orders": {'
    assert [line.split('"')[1] for line in lines[5:12]] == [
        *("commit", "contract", "digest", "image", "provenance", "sbom", "template"),
    ]


def test_times_are_written_in_utc() -> None:
    """A moment in another zone is the same moment."""
    moment = datetime(2026, 3, 2, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert documents.instant(moment) == "2026-03-01T23:30:00Z"


def test_every_wrong_field_is_named() -> None:
    """All that is wrong with a set is told at once, by path."""
    document = json.loads(
        documents.write_set(ReleaseSet("dev", MappingProxyType({"orders": pin_of("orders", "1")})))
    )
    document["services"]["orders"] |= {"digest": "latest", "image": "orders", "extra": 1}
    del document["services"]["orders"]["commit"]
    with pytest.raises(InputError) as caught:
        documents.read_set(json.dumps(document).encode(), "dev", "set")
    assert sorted(problem.where for problem in caught.value.problems) == [
        "set services.orders.commit",
        "set services.orders.digest",
        "set services.orders.extra",
        "set services.orders.image",
    ]


@pytest.mark.parametrize("version", [0, 2, "1", None, 1.5])
def test_an_unknown_schema_version_is_refused(version: object) -> None:
    """A file of another version is never read as if it were this one."""
    document = {"schema_version": version, "environment": "dev", "services": {}}
    with pytest.raises(InputError) as caught:
        documents.read_set(json.dumps(document).encode(), "dev", "set")
    (problem,) = caught.value.problems
    assert problem.where == "set schema_version"
    assert "newer or older" in problem.hint


def test_a_policy() -> None:
    """Freezes and soak times are read with their zones and units."""
    content = b"""{"schema_version": 1, "soak": {"prod": "P1DT2H"}, "freezes": [{
    "environments": ["prod"], "start": "2026-01-01T01:00:00+01:00",
    "end": "2026-01-02T00:00:00Z", "reason": "x"}]}"""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    assert documents.read_policy(content, "policy") == Policy(
        (Freeze(("prod",), start, end, "x"),), {"prod": timedelta(hours=26)}
    )


@pytest.mark.parametrize(
    "field",
    [
        {"soak": {"prod": "-PT1H"}},
        {"soak": {"preview": "PT1H"}},
        {
            "freezes": [
                {
                    "environments": [],
                    "start": "2026-01-01T00:00:00Z",
                    "end": "2026-01-02T00:00:00Z",
                    "reason": "x",
                }
            ]
        },
        {
            "freezes": [
                {
                    "environments": ["prod"],
                    "start": "2026-01-02T00:00:00Z",
                    "end": "2026-01-02T00:00:00Z",
                    "reason": "x",
                }
            ]
        },
    ],
)
def test_a_policy_that_means_nothing(field: dict[str, object]) -> None:
    """Negative soak, unknown environments, and windows without an inside are refused."""
    with pytest.raises(InputError):
        documents.read_policy(json.dumps({"schema_version": 1, **field}).encode(), "policy")
