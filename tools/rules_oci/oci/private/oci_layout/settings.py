"""An image's settings as the rule's files give them, and what they do to an image's config.

Environment, labels, annotations: `name=value` lines. Entry point, command, repository tags: one
per line. Ports and volumes: separated by commas. `%5Cn` stands for a newline inside a line.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from oci_layout.errors import LayoutError
from oci_layout.layout import Json, JsonObject, as_list, as_object

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a rule sets; None leaves the base's value as it is."""

    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    env: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    user: str | None = None
    workdir: str | None = None
    created: str | None = None


def lines(path: Path) -> list[str]:
    """Return the file's lines that are not empty, with their newlines restored."""
    texts = path.read_text(encoding="utf-8").split("\n")
    return [text.rstrip("\r").replace("%5Cn", "\n") for text in texts if text.strip("\r")]


def pairs(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the file's `name=value` lines, in order."""
    found = [line.partition("=") for line in lines(path)]
    for name, equals, _ in found:
        if not (name and equals):
            raise LayoutError(path, f"{name!r} is not of the form name=value")
    return tuple((name, value) for name, _, value in found)


def commas(path: Path) -> tuple[str, ...]:
    """Return the file's items, which commas or newlines separate."""
    items = re.split(r"[,\n]", path.read_text(encoding="utf-8"))
    return tuple(item.strip() for item in items if item.strip())


def expand(value: str, known: dict[str, str]) -> str:
    """Return `value` with `$X` and `${X}` replaced; a name that is not known stays as it is."""
    return VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), value)


def merged_env(base: list[str], added: tuple[tuple[str, str], ...]) -> list[str]:
    """Return the environment `base` with `added` in it: replaced in place, new ones at the end."""
    split = (item.partition("=") for item in base)
    known = {name: value for name, _, value in split}
    for name, value in added:
        known[name] = expand(value, known)
    return [f"{name}={value}" for name, value in known.items()]


def apply(config: JsonObject, settings: Settings) -> JsonObject:
    """Return an image's config document with `settings` applied to it.

    An entry point clears the base's command, as a Dockerfile's does.
    """
    inner = as_object(config.get("config") or {}, "config")
    changed: JsonObject = {**inner, **_plain(settings)}
    if settings.entrypoint is not None and settings.cmd is None:
        changed.pop("Cmd", None)
    if settings.env:
        base = [str(item) for item in as_list(inner.get("Env") or [], "config.Env")]
        changed["Env"] = [*merged_env(base, settings.env)]
    _merge(changed, "Labels", {**dict(settings.labels)})
    _merge(changed, "ExposedPorts", {port: {} for port in settings.exposed_ports})
    _merge(changed, "Volumes", {volume: {} for volume in settings.volumes})
    created: JsonObject = {} if settings.created is None else {"created": settings.created}
    return {**config, **created, "config": changed}


def _plain(settings: Settings) -> JsonObject:
    """Return the values that simply replace the base's."""
    given: dict[str, Json] = {
        "Entrypoint": None if settings.entrypoint is None else [*settings.entrypoint],
        "Cmd": None if settings.cmd is None else [*settings.cmd],
        "User": settings.user,
        "WorkingDir": settings.workdir,
    }
    return {key: value for key, value in given.items() if value is not None}


def _merge(config: JsonObject, key: str, added: JsonObject) -> None:
    if added:
        config[key] = {**as_object(config.get(key) or {}, key), **added}
