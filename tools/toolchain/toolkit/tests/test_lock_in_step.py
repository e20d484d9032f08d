"""requirements.lock against pyproject.toml, and against what the toolkit imports."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import paved
from toolchain.toolkit import environment, requirements

PINS = requirements.parse(environment.LOCK.read_text(encoding="utf-8"))
PROJECT = tomllib.loads(environment.LOCK.with_name("pyproject.toml").read_text(encoding="utf-8"))
ROOTS = {requirements.TOOLKIT: PROJECT["project"]["dependencies"]} | {
    f"paved (pyproject.toml:{group})": wanted
    for group, wanted in PROJECT["dependency-groups"].items()
}
DISTRIBUTIONS = {
    "cyclonedx": "cyclonedx-python-lib",
    "google": "protobuf",
    "ibis": "ibis-framework",
    "jinja2": "jinja2",
    "packageurl": "packageurl-python",
    "ruamel": "ruamel-yaml",
}


@pytest.mark.parametrize(("root", "wanted"), ROOTS.items(), ids=ROOTS)
def test_every_requirement_is_pinned(root: str, wanted: list[str]):
    """Each requirement of pyproject.toml is satisfied by a pin that notes who asked for it."""
    for line in wanted:
        requirement = Requirement(line)
        pin = PINS[requirements.normalized(requirement.name)]
        assert requirement.specifier.contains(pin.version, prereleases=True), line
        assert root in pin.via, line


def test_every_pin_is_wanted():
    """Each pin is needed, directly or not, by the project or one of its groups."""
    reached = {pin.name for root in ROOTS for pin in requirements.closure(PINS, root)}
    assert sorted(PINS.keys() - reached) == []


def test_notes_name_what_is_there():
    """Each `via` note names a pin, the project, or one of its groups."""
    sources = {source for pin in PINS.values() for source in pin.via}
    assert sorted(sources - PINS.keys() - ROOTS.keys()) == []


def test_no_address_and_no_path():
    """The lock records neither where wheels were downloaded from nor where it was made."""
    lines = environment.LOCK.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "://" in line or " /" in line or "--index-url" in line] == []


def imported(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the top names that the modules below `folder` import, tests left out."""
    for path in sorted(folder.rglob("*.py")):
        if not {"tests", "testing"} & set(path.relative_to(folder).parts):
            for node in ast.walk(ast.parse(path.read_bytes())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [str(node.module)]
                yield from ((name.partition(".")[0], path) for name in names)


def test_the_toolkit_imports_what_its_environment_has():
    """Every module that the toolkit imports is in the part of the lock that `paved` installs."""
    installed = {pin.name for pin in requirements.closure(PINS)}
    ours = sys.stdlib_module_names | {"paved"}
    third = {name: path for name, path in imported(Path(paved.__file__).parent) if name not in ours}
    distributions = {n: DISTRIBUTIONS.get(n, requirements.normalized(n)) for n in third}
    lacking = {name: third[name] for name, dist in distributions.items() if dist not in installed}
    assert lacking == {}
    assert "typer" in third
