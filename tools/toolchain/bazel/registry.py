"""Bazel modules without a reachable module registry: the `mirror` configuration.

Debian packages the modules that Bazel itself depends on, and some more; this repository has a
stand-in for rules_oci. They take the place of whatever version is asked for. Modules that Bazel
only names (it resolves them, but loads nothing from them here) become empty entries of a registry
folder. Names and versions are read from the MODULE.bazel files, so that they may move on.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

STAND_INS = {"rules_oci": "tools/rules_oci"}
MODULE = re.compile(r"^module\((.*?)\)", re.MULTILINE | re.DOTALL)
DEPENDENCY = re.compile(r"^bazel_dep\((.*?)\)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dependency:
    """One bazel_dep of a MODULE.bazel file."""

    name: str
    version: str
    dev: bool


@dataclass(frozen=True, slots=True)
class Mirror:
    """What stands in for a registry.

    Args:
        always: module -> folder, for modules that are in every graph, whatever the workspace.
        paved: module -> folder, for what paved's own MODULE.bazel brings in beyond those.
        stubs: (module, version) pairs that Bazel names and that have no folder here.
    """

    always: dict[str, Path]
    paved: dict[str, Path]
    stubs: tuple[tuple[str, str], ...]


def survey(install_base: Path, modules: Path, checkout: Path) -> Mirror:
    """Read the MODULE.bazel files of Bazel, of Debian's modules and of a checkout of paved.

    Args:
        install_base: where Bazel's own files are.
        modules: a folder with Debian's `rules/` and `tools/` folders of modules.
        checkout: the checkout of paved whose stand-ins and dependencies count.
    """
    files = sorted([*modules.glob("rules/*/MODULE.bazel"), *modules.glob("tools/*/MODULE.bazel")])
    folders = {_module_name(file): file.parent for file in files}
    folders |= {name: checkout / path for name, path in STAND_INS.items()}
    own = [d for d in _read(install_base / "embedded_tools/MODULE.bazel") if not d.dev]
    always, named = _reach(own, folders)
    beyond, _ = _reach(_read(checkout / "MODULE.bazel"), folders)
    paved = {name: path for name, path in beyond.items() if name not in always}
    stubs = sorted({(d.name, d.version) for d in named if d.name not in folders})
    return Mirror(always, paved, tuple(stubs))


def write_stubs(stubs: Iterable[tuple[str, str]], folder: Path) -> None:
    """Write a registry with one empty module per pair into the new `folder`."""
    empty = folder / "empty"
    empty.mkdir(parents=True)
    (folder / "bazel_registry.json").write_text('{"module_base_path": "."}\n', encoding="utf-8")
    for name, version in stubs:
        module = folder / "modules" / name / version
        module.mkdir(parents=True)
        text = f'module(name = "{name}", version = "{version}")\n'
        (module / "MODULE.bazel").write_text(text, encoding="utf-8")
        source = '{"type": "local_path", "path": "empty"}\n'
        (module / "source.json").write_text(source, encoding="utf-8")


def _reach(
    start: Iterable[Dependency], folders: dict[str, Path]
) -> tuple[dict[str, Path], list[Dependency]]:
    """Follow dependencies; return the modules with a folder, and every dependency met."""
    waiting, met = list(start), []
    reached: dict[str, Path] = {}
    while waiting:
        dependency = waiting.pop(0)
        met.append(dependency)
        name = dependency.name
        if name in folders and name not in reached:
            reached[name] = folders[name]
            waiting += [d for d in _read(folders[name] / "MODULE.bazel") if not d.dev]
    return reached, met


def _read(file: Path) -> list[Dependency]:
    if not file.is_file():
        return []
    text = re.sub(r"^\s*#.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    calls = [match[1] for match in DEPENDENCY.finditer(text)]
    return [
        Dependency(_argument(c, "name"), _argument(c, "version"), "dev_dependency" in c)
        for c in calls
    ]


def _module_name(file: Path) -> str:
    match = MODULE.search(file.read_text(encoding="utf-8"))
    return _argument(match[1], "name") if match else ""


def _argument(call: str, name: str) -> str:
    match = re.search(rf'\b{name}\s*=\s*"([^"]*)"', call)
    return match[1] if match else ""
