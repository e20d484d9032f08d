"""`paved metrics`, run as a process's own command line."""

import json
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from paved.cli.app import run
from paved.errors import ExitCode
from paved.metrics.events import line_of
from paved.metrics.tests.story import deployed, incident, published, resolved, scaffolded

PERIOD = ("--since", "2026-06-01", "--until", "2026-06-29")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return where the tests' store is to be."""
    return tmp_path / "metrics.duckdb"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Return a file with a short history."""
    events = [
        scaffolded("orders", 0, "payments", "shop"),
        deployed("base", 1),
        published("a", 2, c1=1),
        deployed("d1", 4, artifact="a"),
        incident("i1", 5),
        resolved("i1", 6),
        deployed("later", 24 * 30),
    ]
    path = tmp_path / "events.jsonl"
    path.write_text("".join(line_of(event) + "\n" for event in events), encoding="utf-8")
    return path


def test_ingest_then_dora(store: Path, told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of events goes in, and the service's figures come out as one JSON document."""
    assert run(["metrics", "ingest", str(told), "--store", str(store), "--json"]) == ExitCode.OK
    counted = json.loads(capsys.readouterr().out)
    assert counted == {"duplicates": 0, "ignored": 0, "refused": 0, "stored": 7, "watermark": 7}
    options = ["--service", "orders", *PERIOD, "--store", str(store), "--json"]
    assert run(["metrics", "dora", *options]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found["group"] == {"level": "service", "name": "orders"}
    assert found["period"] == {"start": "2026-06-01T00:00:00Z", "end": "2026-06-29T00:00:00Z"}
    lead = found["figures"]["lead_time"]
    assert lead["value"] == lead["spread"]["mean"] == 3 * 3600
    assert lead["excluded"] == {"first_deployment": 0, "negative": 0}
    assert found["figures"]["change_fail_rate"]["value"] == 0.5
    assert found["figures"]["time_to_first_deploy"]["value"] == 3600


@pytest.mark.parametrize("group", [["--team", "payments"], ["--domain", "shop"], []])
def test_dora_of_groups(
    store: Path, told: Path, group: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Teams and domains are known from the events; without a group it is everything."""
    run(["metrics", "ingest", str(told), "--store", str(store)])
    assert run(["metrics", "dora", *group, *PERIOD, "--store", str(store)]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "change fail rate      50.0%" in shown
    assert "lead time             median 3.0 h, p90 3.0 h, mean 3.0 h" in shown


def test_the_same_events_give_the_same_bytes(
    store: Path, told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As of a watermark a report is repeatable, whatever arrives later."""
    run(["metrics", "ingest", str(told), "--store", str(store)])
    capsys.readouterr()
    options = [*PERIOD, "--as-of", "7", "--store", str(store), "--json"]
    run(["metrics", "dora", *options])
    first = capsys.readouterr().out
    told.write_text(line_of(deployed("more", 100)) + "\n", encoding="utf-8")
    run(["metrics", "ingest", str(told), "--store", str(store)])
    capsys.readouterr()
    run(["metrics", "dora", *options])
    assert capsys.readouterr().out == first


def test_ingest_reads_standard_input(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`-` is standard input, and a problem there names the line."""
    text = line_of(deployed("d1", 1)).encode() + b"\nnonsense\n"
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(text)))
    assert run(["metrics", "ingest", "-", "--store", str(store)]) == ExitCode.INPUT
    shown = capsys.readouterr()
    assert shown.out == "1 stored, 0 ignored, 0 duplicates, 1 refused\n"
    assert "stdin:2: not JSON" in shown.err


def test_every_missing_file_is_named(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is read when a file cannot be, and all such files are named at once."""
    files = [str(tmp_path / "no.jsonl"), str(tmp_path)]
    assert run(["metrics", "ingest", *files, "--store", str(store)]) == ExitCode.INPUT
    shown = capsys.readouterr().err
    assert all(f"error: {name}: the file cannot be read" in shown for name in files)
    assert not store.exists()


def test_status(store: Path, told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status tells counts, kinds and the watermark."""
    run(["metrics", "ingest", str(told), "--store", str(store)])
    capsys.readouterr()
    assert run(["metrics", "status", "--store", str(store), "--json"]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["known"], found["ignored"], found["refused"]) == (7, 0, 0)
    assert found["watermark"] == {"sequence": 7, "time": "2026-07-01T00:00:00Z"}
    assert found["kinds"]["dev.cdevents.service.deployed"] == 3
    assert run(["metrics", "status", "--store", str(store)]) == ExitCode.OK
    assert "watermark  event 7, 2026-07-01T00:00:00Z" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--since", "soon", "--until", "2026-06-29"], "--since: 'soon' is not a moment"),
        (["--since", "2026-06-29", "--until", "2026-06-01"], "period"),
        ([*PERIOD, "--service", "a", "--team", "b"], "--service and --team are given together"),
        ([*PERIOD, "--now", "2026-06-31"], "--now"),
        (list(PERIOD), "there is no metrics store"),
    ],
)
def test_wrong_arguments_are_explained(
    store: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user's mistake is an input error that names the argument."""
    assert run(["metrics", "dora", *options, "--store", str(store)]) == ExitCode.INPUT
    assert message in capsys.readouterr().err


def test_settings_change_the_answer(
    store: Path, told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The failure window and the production environments are options."""
    run(["metrics", "ingest", str(told), "--store", str(store)])
    capsys.readouterr()
    base = ["metrics", "dora", *PERIOD, "--store", str(store), "--json"]
    run([*base, "--failure-window", "0.5"])
    assert json.loads(capsys.readouterr().out)["figures"]["change_fail_rate"]["value"] == 0
    run([*base, "--environment", "live"])
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["deployment_frequency"]["status"] == "no_data"


def test_now_judges_what_is_young(
    store: Path, told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seen from within the period, the figures are provisional."""
    run(["metrics", "ingest", str(told), "--store", str(store)])
    capsys.readouterr()
    early = datetime(2026, 6, 1, 5, tzinfo=UTC).isoformat()
    run(["metrics", "dora", *PERIOD, "--now", early, "--store", str(store), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["quality"]["provisional"] == 2
    assert found["figures"]["change_fail_rate"]["status"] == "provisional"
