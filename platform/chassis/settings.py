"""Settings of a service, read once from the environment at the edge of the process.

Each setting is declared once, with its variable, parser, default and meaning; reading, the
error messages and the table in docs/reference/chassis.md come from that declaration. A service
adds its own by subclassing `Settings`. Files, flags and reloading are left out.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import IntEnum
from typing import Final, Self, TypeVar, cast

from chassis import values

_T = TypeVar("_T")
_KEY: Final = "chassis.setting"


class ExitCode(IntEnum):
    """How a served process ends; a second signal n ends it with 128 + n."""

    OK = 0
    FAILED = 1
    SETTINGS = 3
    ENVIRONMENT = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that cannot be used: its variable, what was found, what was expected."""

    variable: str
    found: str
    expected: str

    def __str__(self) -> str:
        """Return the lines that a terminal shows."""
        return f"error: {self.variable}: {self.found}\n  expected: {self.expected}"


class SettingsError(Exception):
    """The environment does not give usable settings."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Collect every problem that was found, at least one."""
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class _Declaration:
    """What `setting` was told, kept in the dataclass field's metadata."""

    variable: str
    parse: Callable[[str], object]
    meaning: str
    secret: bool


def setting(
    variable: str,
    parse: Callable[[str], _T],
    meaning: str,
    *,
    default: object = MISSING,
    secret: bool = False,
) -> _T:
    """Declare a field of a `Settings` class.

    Args:
        variable: the environment variable.
        parse: turns the variable's text into the value; raises ValueError whose message is
            what was expected.
        meaning: one sentence for the reference table, with the unit.
        default: the value when the variable is unset or empty; without one it is required.
        secret: keep the value out of messages and of the settings' representation.
    """
    declaration = _Declaration(variable, parse, meaning, secret)
    metadata = {_KEY: declaration}
    if default is MISSING:
        return cast("_T", field(repr=not secret, metadata=metadata))
    return cast("_T", field(default=default, repr=not secret, metadata=metadata))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every service can be told from outside; subclass it for a service's own settings."""

    service_name: str = setting(
        "SERVICE_NAME",
        values.text,
        "The service's name in logs, traces and `target_info`.",
        default="unknown_service",
    )
    service_version: str = setting(
        "SERVICE_VERSION", values.text, "The version beside the name.", default="0.0.0"
    )
    bind_address: str = setting(
        "BIND_ADDRESS",
        values.ip_address,
        "The address that every port is bound to.",
        default="0.0.0.0",  # noqa: S104  a container is reached from outside
    )
    port: int = setting(
        "PORT", values.port, "The service's own port; 0 takes a free one.", default=8080
    )
    ops_port: int | None = setting(
        "OPS_PORT",
        values.port,
        "A port of its own for health and metrics; unset, HTTP services answer them on `PORT`"
        " and gRPC services on 8081.",
        default=None,
    )
    log_level: str = setting(
        "LOG_LEVEL", values.log_level, "The least level that is written.", default="info"
    )
    ready_check_timeout_seconds: float = setting(
        "READY_CHECK_TIMEOUT_SECONDS",
        values.positive_seconds,
        "How long one readiness check may take.",
        default=0.8,
    )
    ready_check_interval_seconds: float = setting(
        "READY_CHECK_INTERVAL_SECONDS",
        values.positive_seconds,
        "How often the checks run for the status that grpc.health.v1 reports.",
        default=5.0,
    )
    shutdown_drain_seconds: float = setting(
        "SHUTDOWN_DRAIN_SECONDS",
        values.seconds,
        "How long to go on serving, not ready, after the first signal.",
        default=0.0,
    )
    shutdown_grace_seconds: float = setting(
        "SHUTDOWN_GRACE_SECONDS",
        values.seconds,
        "How long requests in flight may take after the drain.",
        default=20.0,
    )
    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        values.url,
        "Base address of an OTLP/HTTP receiver; spans are exported only when it is set.",
        default="",
    )
    forwarded_allow_ips: str = setting(
        "FORWARDED_ALLOW_IPS",
        values.networks,
        "Proxies whose X-Forwarded-* headers an HTTP service believes.",
        default="127.0.0.1,::1",
    )

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings in `environment`; empty variables count as unset.

        Raises:
            SettingsError: with every problem found.
        """
        found: dict[str, object] = {}
        problems: list[Problem] = []
        for item, declaration in _declared(cls):
            value = _value(declaration, environment, required=item.default is MISSING)
            if isinstance(value, Problem):
                problems.append(value)
            elif value is not None:
                found[item.name] = value
        if problems:
            raise SettingsError(tuple(problems))
        settings = cls(**found)  # type: ignore[arg-type]  # each parser gives its field's type
        if together := settings.problems():
            raise SettingsError(tuple(together))
        return settings

    def problems(self) -> list[Problem]:
        """Return what is wrong with values that are each right; extend it in a subclass."""
        if self.ops_port is None or self.ops_port != self.port or not self.port:
            return []
        return [Problem("OPS_PORT", f"{self.ops_port} is PORT too", "a port of its own")]

    @classmethod
    def from_environment(cls) -> Self:
        """Return the process's settings, or end it with code 3 and the problems on stderr."""
        try:
            return cls.read(os.environ)
        except SettingsError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(ExitCode.SETTINGS)


def _value(declaration: _Declaration, environment: Mapping[str, str], *, required: bool) -> object:
    """Return the setting's value, its problem, or None when the default holds."""
    text = environment.get(declaration.variable, "")
    if not text:
        missing = Problem(declaration.variable, "is not set", declaration.meaning)
        return missing if required else None
    try:
        return declaration.parse(text)
    except ValueError as error:
        shown = "its value, a secret," if declaration.secret else repr(text)
        return Problem(declaration.variable, f"{shown} cannot be used", str(error))


def _declared(cls: type[Settings]) -> Iterator[tuple[Field[object], _Declaration]]:
    """Yield the fields of `cls` that were declared by `setting`, in order."""
    for item in fields(cls):
        declaration = item.metadata.get(_KEY)
        if isinstance(declaration, _Declaration):
            yield item, declaration


def reference(cls: type[Settings]) -> str:
    """Return the Markdown table of the settings of `cls`."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for item, declaration in _declared(cls):
        default = "required" if item.default is MISSING else f"`{item.default}`"
        shown = "" if item.default in {None, ""} else default
        rows.append(f"| `{declaration.variable}` | {shown} | {declaration.meaning} |")
    return "\n".join(rows) + "\n"
