"""docs/reference/chassis.md says what the code does: example, settings, metric names."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis.settings import Settings, reference
from chassis.tests.harness import Process, Start


@pytest.fixture(scope="module")
def page() -> str:
    """Give the page, found from here in a checkout and in Bazel's runfiles."""
    name = Path("docs/reference/chassis.md")
    above = Path(__file__).absolute().parents
    return next((root / name).read_text() for root in above if (root / name).exists())


def test_the_settings_table_is_generated(page: str) -> None:
    """The page has what `chassis.settings.reference(Settings)` gives, between its marks."""
    start, end = page.index("<!-- settings -->\n"), page.index("<!-- /settings -->")
    assert page[start:end] == "<!-- settings -->\n" + reference(Settings)


def test_the_example_is_a_service(page: str, start: Start, tmp_path: Path) -> None:
    """The page's first program, as it stands there, serves, greets and ends in order."""
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert program
    (tmp_path / "example.py").write_text(program[1])
    service = start(str(tmp_path / "example.py"))
    with service.client() as client:
        assert client.get("/hello/ann").json() == {"hello": "ann"}
        assert client.get("/readyz").status_code == 200
    service.signal()
    assert service.wait() == 0
    assert service.logged("greeted", name="ann")


def families(process: Process, server: str) -> set[tuple[str, str, frozenset[str]]]:
    """Return name, type and labels of the chassis's families at `process`."""
    with process.client(server) as client:
        text = client.get("/metrics").text
    return {
        (family.name, family.type, frozenset(family.samples[0].labels) - {"le"})
        for family in text_string_to_metric_families(text)
        if family.name.startswith(("http_", "rpc_", "target_")) and family.samples
        if not family.name.endswith("_created")
    }


@pytest.mark.usefixtures("stubs")
def test_the_metrics_table_is_what_a_scrape_gives(page: str, start: Start) -> None:
    """Names, types and labels in the page are those of both kinds of service, no more, no less."""
    http, rpc = start("http_service.py"), start("grpc_service.py")
    with http.client() as client:
        client.get("/hello/ann")
    import grpc  # type: ignore[import-untyped]  # noqa: PLC0415

    with (
        grpc.insecure_channel(f"127.0.0.1:{rpc.port('grpc')}") as channel,
        pytest.raises(grpc.RpcError),
    ):
        channel.unary_unary("/no.Such/Method")(b"", timeout=10)
    rpc.wait_for("request")
    rows = re.findall(r"^\| `(\w+)` \| (histogram|gauge) \| (.*) \|$", page, re.MULTILINE)
    documented = {(name, kind, frozenset(re.findall(r"`(\w+)`", row))) for name, kind, row in rows}
    assert documented == families(http, "http") | families(rpc, "ops")
