"""The bill of inputs: what the graph put into an image, completed from the locks.

The graph knows which wheels and which parts of the platform a service needs; the locks know their
versions and hashes. What the graph names and no lock knows is an error, never left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from paved.errors import InputError, Problem
from paved.supply import oci

_PINNED: Final = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(\[[^]]*\])?==(?P<version>[^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Kind(Enum):
    """Where a component comes from."""

    SERVICE = "service"
    PLATFORM = "platform"
    WHEEL = "wheel"
    DEBIAN = "debian"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an image.

    Args:
        kind: where it comes from.
        name: as its index knows it; wheels in normalized form.
        version: as its index writes it.
        sha256: hexadecimal digests of the files that the lock accepts for it.
        needs: keys of the components it needs, `<kind>:<name>`.
        architecture: Debian's name of the architecture, for packages.
    """

    kind: Kind
    name: str
    version: str
    sha256: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    architecture: str = ""

    @property
    def key(self) -> str:
        """What other components call it by."""
        return f"{self.kind.value}:{self.name}"


@dataclass(frozen=True, slots=True)
class Bill:
    """A service and everything else in its image, sorted by key."""

    service: Component
    components: tuple[Component, ...]


class _Node(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    name: str
    version: str
    needs: list[str]


class _Graph(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    service: _Node
    platform: list[_Node]
    wheels: list[_Node]


class _Package(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    package: str
    version: str
    path: Annotated[str, Field(pattern=r"_[a-z0-9-]+\.deb$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Base(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    suite: Literal["bookworm"]
    packages: list[_Package]


def normalized(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return version and sha256 digests by normalized name, from a hashed requirements file."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    current = ""
    for line in text.splitlines():
        if pinned := _PINNED.match(line):
            current = normalized(pinned["name"])
            found[current] = (pinned["version"], ())
        if current and not line.lstrip().startswith("#"):
            version, hashes = found[current]
            found[current] = (version, (*hashes, *_HASH.findall(line)))
    return found


def make(graph: Path, locks: Sequence[Path], base: Path | None) -> Bill:
    """Return the bill of one image.

    Args:
        graph: JSON that the build wrote: `service`, `platform` and `wheels`, each with name,
            version and needs.
        locks: hashed requirements files; the wheels' hashes come from the first that pins them.
        base: the lock of the Debian packages in the image's base, if it has one.

    Raises:
        InputError: a file cannot be read, or a wheel is in no lock, or in another version.
    """
    nodes = oci.parse(_Graph, _read(graph), str(graph))
    pins: dict[str, tuple[str, tuple[str, ...]]] = {}
    for lock in reversed(locks):
        pins.update(read_lock(_read(lock).decode()))
    service = _component(Kind.SERVICE, nodes.service)
    platform = [_component(Kind.PLATFORM, node) for node in nodes.platform]
    wheels = [_component(Kind.WHEEL, node) for node in nodes.wheels]
    debian = _debian(base) if base else []
    return _checked(service, [*platform, *_with_hashes(wheels, pins, locks), *debian])


def _component(kind: Kind, node: _Node) -> Component:
    name = normalized(node.name) if kind is Kind.WHEEL else node.name
    return Component(kind, name, node.version, needs=tuple(sorted(map(_need, node.needs))))


def _need(key: str) -> str:
    kind, _, name = key.partition(":")
    return f"{kind}:{normalized(name)}" if kind == Kind.WHEEL.value else key


def _with_hashes(
    wheels: Iterable[Component],
    pins: Mapping[str, tuple[str, tuple[str, ...]]],
    locks: Sequence[Path],
) -> Sequence[Component]:
    problems = []
    found = []
    where = ", ".join(map(str, locks))
    for wheel in wheels:
        version, hashes = pins.get(wheel.name, ("", ()))
        if version != wheel.version or not hashes:
            what = f"pins {wheel.name} {version or 'not at all'}"
            expected = f"{wheel.version} with a sha256 hash, which is in the image"
            problems.append(Problem(what, where=where, expected=expected))
        found.append(replace(wheel, sha256=tuple(sorted(hashes))))
    if problems:
        raise InputError(*problems)
    return found


def _debian(base: Path) -> Sequence[Component]:
    packages = oci.parse(_Base, _read(base), str(base)).packages
    return [
        Component(
            Kind.DEBIAN,
            package.package,
            package.version,
            (package.sha256,),
            architecture=package.path.removesuffix(".deb").rpartition("_")[2],
        )
        for package in packages
    ]


def _checked(service: Component, components: Iterable[Component]) -> Bill:
    """Return the bill, each component once and every need known."""
    found: dict[str, Component] = {}
    problems = []
    for component in components:
        known = found.setdefault(component.key, component)
        if known.version != component.version:
            what = f"is in the image as {known.version} and as {component.version}"
            problems.append(Problem(what, where=component.key, expected="one version"))
    for component in (service, *found.values()):
        problems += [
            Problem(f"needs {need}, which is not in the image", where=component.key)
            for need in component.needs
            if need not in found
        ]
    if problems:
        raise InputError(*problems)
    return Bill(service, tuple(found[key] for key in sorted(found)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", where=str(path))) from error
