"""Tells uv what pip has been told about indexes, certificates and proxies.

uv reads none of pip's configuration. Whoever has set up pip for their network has said all that
is needed, so it is handed on; what uv itself has been told goes first. Read here by hand,
because there may be no pip. See pip's documentation, "Configuration", for files and their order.
"""

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from toolchain.problems import Problem, ToolchainError

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SECTIONS = ("global", "install", "download")


def for_uv(environ: Mapping[str, str], certificates: Path = CERTIFICATES) -> dict[str, str]:
    """Return the variables that uv needs, less those that are in `environ` already.

    Args:
        environ: the process's environment.
        certificates: the system's bundle, which pip trusts on Debian and uv does not.
    """
    told = _translate(pip_settings(environ))
    if certificates.is_file():
        told.setdefault("SSL_CERT_FILE", str(certificates))
    return {name: value for name, value in told.items() if name not in environ}


def pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings by their long option names, such as index-url."""
    settings: dict[str, str] = {}
    for path in _files(environ):
        parser = _read(path)
        for section in SECTIONS:
            if parser.has_section(section):
                settings |= {key.replace("_", "-"): text for key, text in parser.items(section)}
    for name, value in environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE" and value:
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings


def _read(path: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        problem = Problem(
            what=f"pip's configuration cannot be read: {' '.join(str(error).split())}",
            where=str(path),
            expected="sections such as [global] with lines such as `index-url = ...`",
            hint="correct the file; `pip config debug` lists all that pip reads",
        )
        raise ToolchainError(problem) from error
    return parser


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(environ.get("HOME") or "~").expanduser()
    for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    yield Path(sys.prefix, "pip.conf")
    if named:
        yield Path(named)


def _translate(settings: Mapping[str, str]) -> dict[str, str]:
    """Return uv's names and forms of pip's settings."""
    timeout = settings.get("timeout") or settings.get("default-timeout", "")
    found = {
        "UV_DEFAULT_INDEX": settings.get("index-url", "").strip(),
        "UV_INDEX": _joined(settings, "extra-index-url", " "),
        "UV_FIND_LINKS": _joined(settings, "find-links", ","),
        "UV_INSECURE_HOST": _joined(settings, "trusted-host", " "),
        "UV_HTTP_TIMEOUT": timeout.split(".")[0],
        "SSL_CERT_FILE": settings.get("cert", ""),
        "SSL_CLIENT_CERT": settings.get("client-cert", ""),
        "ALL_PROXY": settings.get("proxy", ""),
    }
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        found["UV_NO_INDEX"] = "1"
    if found["UV_INDEX"]:  # pip looks at all indexes alike; hashes make that safe here
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in found.items() if value}


def _joined(settings: Mapping[str, str], name: str, separator: str) -> str:
    return separator.join(settings.get(name, "").split())
