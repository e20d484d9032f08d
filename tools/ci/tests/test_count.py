"""The closing line of CI counts what Bazel's own record of the run says."""

import json
from pathlib import Path

import pytest

from ci.count import count, main


def configured(label: str, size: str = "SMALL") -> dict[str, object]:
    """Return the event that announces a test target."""
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"testSize": size}}


def summary(label: str, status: str) -> dict[str, object]:
    """Return the event that ends a test target."""
    return {"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status}}


def finished(name: str) -> dict[str, object]:
    """Return the event that ends the run."""
    return {"id": {"buildFinished": {}}, "finished": {"exitCode": {"name": name}}}


def lines(*events: dict[str, object]) -> list[str]:
    """Return events as the lines of a build event file."""
    return [json.dumps(event) for event in events]


def test_passed_tests_are_counted() -> None:
    """Each test with a passing summary counts once, and libraries do not count."""
    library: dict[str, object] = {"id": {"targetConfigured": {"label": "//:l"}}, "configured": {}}
    events = lines(library, configured("//:a"), summary("//:a", "PASSED"), finished("SUCCESS"))
    assert count(events) == (1, 0, True)


@pytest.mark.parametrize("status", ["FAILED", "TIMEOUT", "FLAKY", "NO_STATUS"])
def test_anything_but_passed_is_a_failure(status: str) -> None:
    """A failed, timed out, flaky or unstarted test counts as failed."""
    events = lines(configured("//:a"), summary("//:a", status), finished("TESTS_FAILED"))
    assert count(events) == (0, 1, False)


def test_a_test_that_does_not_build_has_failed() -> None:
    """A test target without any summary counts as failed."""
    assert count(lines(configured("//:a"), finished("BUILD_FAILURE"))) == (0, 1, False)


@pytest.mark.parametrize(
    ("events", "code", "last"),
    [
        (
            [configured("//:a"), summary("//:a", "PASSED"), finished("SUCCESS")],
            0,
            "1 passed, 0 failed",
        ),
        ([configured("//:a"), summary("//:a", "PASSED")], 1, "1 passed, 0 failed"),
        ([finished("SUCCESS")], 1, "0 passed, 0 failed"),
    ],
)
def test_the_exit_code_needs_a_whole_green_run(
    events: list[dict[str, object]],
    code: int,
    last: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Only a finished run with at least one test and no failure exits with 0."""
    record = tmp_path / "events.json"
    record.write_text("\n".join(lines(*events)))
    assert main(record) == code
    assert capsys.readouterr().out.splitlines()[-1] == last
