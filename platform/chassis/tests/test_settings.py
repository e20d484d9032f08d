"""Settings: what is read, what is refused, and that every problem is said at once."""

import math
import subprocess
import sys
from contextlib import suppress
from dataclasses import FrozenInstanceError, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import Settings, SettingsError, setting, values
from chassis.settings import Problem, reference
from chassis.tests.harness import Start

GOOD = {
    "SERVICE_NAME": "shop",
    "SERVICE_VERSION": "1.2.3",
    "BIND_ADDRESS": "::1",
    "PORT": "9000",
    "OPS_PORT": "9001",
    "LOG_LEVEL": "WARNING",
    "READY_CHECK_TIMEOUT_SECONDS": "0.5",
    "READY_CHECK_INTERVAL_SECONDS": "3",
    "SHUTDOWN_DRAIN_SECONDS": "5",
    "SHUTDOWN_GRACE_SECONDS": "10.5",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/",
    "FORWARDED_ALLOW_IPS": "10.0.0.0/8, ::1",
}
BAD = {
    "SERVICE_NAME": "a\nb",
    "SERVICE_VERSION": " ",
    "BIND_ADDRESS": "localhost",
    "PORT": "tcp://10.0.0.1:80",
    "OPS_PORT": "65536",
    "LOG_LEVEL": "loud",
    "READY_CHECK_TIMEOUT_SECONDS": "nan",
    "READY_CHECK_INTERVAL_SECONDS": "0",
    "SHUTDOWN_DRAIN_SECONDS": "5s",
    "SHUTDOWN_GRACE_SECONDS": "3601",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
    "FORWARDED_ALLOW_IPS": "10.0.0.1/8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop(Settings):
    """A service's own settings beside the chassis's."""

    database: str = setting("DATABASE_URL", values.url, "Where the database is.", secret=True)
    limit: int = setting("LIMIT", values.port, "How many at once.", default=3)


def test_every_setting_is_read() -> None:
    """Each variable reaches its field, in its type."""
    assert Settings.read(GOOD) == Settings(
        service_name="shop",
        service_version="1.2.3",
        bind_address="::1",
        port=9000,
        ops_port=9001,
        log_level="warning",
        ready_check_timeout_seconds=0.5,
        ready_check_interval_seconds=3.0,
        shutdown_drain_seconds=5.0,
        shutdown_grace_seconds=10.5,
        otlp_endpoint="http://collector:4318",
        forwarded_allow_ips="10.0.0.0/8,::1",
    )


def test_unset_and_empty_mean_the_default() -> None:
    """An empty environment and one of empty values give the defaults."""
    assert Settings.read({}) == Settings() == Settings.read(dict.fromkeys(GOOD, ""))


def test_every_problem_is_said_at_once() -> None:
    """Twelve bad values give twelve problems, each with its variable and its value."""
    with pytest.raises(SettingsError) as caught:
        Settings.read(BAD)
    assert [problem.variable for problem in caught.value.problems] == list(BAD)
    for problem, found in zip(caught.value.problems, BAD.values(), strict=True):
        assert repr(found) in problem.found
        assert problem.expected


def test_two_ports_that_are_one_are_a_problem() -> None:
    """The platform's port may not be the service's, unless both are to be chosen freely."""
    with pytest.raises(SettingsError) as caught:
        Settings.read({"PORT": "9000", "OPS_PORT": "9000"})
    assert caught.value.problems == (Problem("OPS_PORT", "9000 is PORT too", "a port of its own"),)
    assert Settings.read({"PORT": "0", "OPS_PORT": "0"}).ops_port == 0


def test_a_service_adds_its_own() -> None:
    """A subclass reads both kinds, and its problems come with the chassis's."""
    shop = Shop.read({"DATABASE_URL": "http://db:1", "PORT": "9000"})
    assert (shop.database, shop.limit, shop.port) == ("http://db:1", 3, 9000)
    with pytest.raises(SettingsError) as caught:
        Shop.read({"LIMIT": "many", "LOG_LEVEL": "loud"})
    assert [problem.variable for problem in caught.value.problems] == [
        "LOG_LEVEL",
        "DATABASE_URL",
        "LIMIT",
    ]
    assert "| `DATABASE_URL` | required | Where the database is. |" in reference(Shop)


def test_secrets_are_not_shown() -> None:
    """A secret is neither in the representation nor in the message about it."""
    shop = Shop.read({"DATABASE_URL": "http://hunter2@db"})
    assert "hunter2" not in repr(shop)
    with pytest.raises(SettingsError) as caught:
        Shop.read({"DATABASE_URL": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_settings_do_not_change() -> None:
    """Settings are frozen."""
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@given(st.text(max_size=8))
def test_any_text_is_a_port_or_a_problem(text: str) -> None:
    """Whatever the variable holds: a number from 0 to 65535, or ValueError."""
    usable = text.isascii() and text.isdigit() and int(text) <= 65535
    if usable:
        assert values.port(text) == int(text)
    else:
        with pytest.raises(ValueError, match="a whole number from 0 to 65535"):
            values.port(text)


@given(st.one_of(st.text(max_size=8), st.floats().map(str)))
def test_any_text_is_a_duration_or_a_problem(text: str) -> None:
    """Whatever the variable holds: finite seconds from 0 to 3600, or ValueError."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if 0 <= number <= 3600:
        assert values.seconds(text) == number
    else:
        with pytest.raises(ValueError, match="a number of seconds from 0 to 3600"):
            values.seconds(text)


@given(st.text(max_size=20))
def test_any_text_is_an_address_or_a_problem(text: str) -> None:
    """No text makes the parsers of addresses raise anything but ValueError."""
    for parse in (values.url, values.ip_address, values.networks, values.text, values.log_level):
        with suppress(ValueError):
            assert parse(text)


@pytest.mark.parametrize("script", ["http_service.py", "grpc_service.py"])
@pytest.mark.usefixtures("stubs")
def test_bad_settings_end_the_process_with_3(start: Start, script: str) -> None:
    """Both kinds of service say every problem on stderr, without a traceback."""
    service = start(script, **BAD)
    assert service.wait() == 3
    assert service.lines == []
    assert "Traceback" not in service.stderr
    lines = service.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines if line.startswith("error: ")] == list(BAD)
    assert lines[:2] == [
        "error: SERVICE_NAME: 'a\\nb' cannot be used",
        "  expected: one line of printable characters",
    ]


@pytest.mark.parametrize("module", ["chassis", "chassis.http", "chassis.testing"])
def test_an_http_service_needs_no_grpcio(module: str) -> None:
    """Importing what an HTTP service imports loads neither grpcio nor the span exporter."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(  # the interpreter that runs this test
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = done.stdout.split()
    assert module in loaded
    assert not [name for name in loaded if name.split(".")[0] in {"grpc", "google", "requests"}]
