"""Parsers of setting values: text in, value out, ValueError saying what was expected."""

import ipaddress
import math
from typing import Final
from urllib.parse import urlsplit

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
HIGHEST_PORT: Final = 65535
LONGEST_SECONDS: Final = 3600.0


def text(raw: str) -> str:
    """Return `raw`, which has to be one line of printable characters."""
    if raw.isprintable() and raw.strip():
        return raw.strip()
    raise ValueError("one line of printable characters")


def port(raw: str) -> int:
    """Return the TCP port in `raw`; 0 stands for any free one."""
    if raw.isascii() and raw.isdigit() and int(raw) <= HIGHEST_PORT:
        return int(raw)
    raise ValueError(f"a whole number from 0 to {HIGHEST_PORT}")


def seconds(raw: str) -> float:
    """Return the duration in `raw`, in seconds."""
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if 0 <= value <= LONGEST_SECONDS:
        return value
    raise ValueError(f"a number of seconds from 0 to {LONGEST_SECONDS:g}")


def positive_seconds(raw: str) -> float:
    """Return the duration in `raw`, in seconds, which may not be nothing."""
    if value := seconds(raw):
        return value
    raise ValueError(f"a number of seconds above 0, up to {LONGEST_SECONDS:g}")


def log_level(raw: str) -> str:
    """Return the log level in `raw`, in lower case."""
    if raw.lower() in LEVELS:
        return raw.lower()
    raise ValueError("one of " + ", ".join(LEVELS))


def ip_address(raw: str) -> str:
    """Return the IPv4 or IPv6 address in `raw`."""
    try:
        return str(ipaddress.ip_address(raw))
    except ValueError:
        raise ValueError("an IPv4 or IPv6 address, such as 0.0.0.0 or ::") from None


def networks(raw: str) -> str:
    """Return the comma-separated addresses and networks in `raw`, or `*` for all."""
    parts = [part.strip() for part in raw.split(",")]
    try:
        for part in parts if parts != ["*"] else []:
            ipaddress.ip_network(part)
    except ValueError:
        raise ValueError("addresses or networks separated by commas, or *") from None
    return ",".join(parts)


def url(raw: str) -> str:
    """Return the http or https address in `raw` without a slash at its end."""
    expected = "an address such as http://collector:4318"
    try:
        parts = urlsplit(raw)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(expected) from None
    if not usable:
        raise ValueError(expected)
    return raw.rstrip("/")
