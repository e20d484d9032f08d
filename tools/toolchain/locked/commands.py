"""The commands of fetch.py, behind its quick path for what is in the cache."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from toolchain.locked import entry, install, lockfile, relock
from toolchain.locked.model import Tool
from toolchain.problems import Problem, ToolchainError


@dataclass(frozen=True, slots=True)
class Row:
    """What `list` says of one tool: `source` is where it came from, or would come from first."""

    name: str
    version: str
    purpose: str
    source: str
    cached: bool
    bytes: int
    paths: tuple[str, ...]


def main(arguments: list[str]) -> int:
    """Run one command line; see fetch.py.

    Raises:
        ToolchainError: what was asked for cannot be had.
    """
    options = _parser().parse_args(arguments)
    tools = lockfile.read()
    match options.command:
        case "tool":
            return _tool(options.names, tools, as_json=options.json)
        case "list":
            return _list(tools, as_json=options.json)
        case "verify":
            return _verify(tools, as_json=options.json)
        case "add":
            return relock.add(options, tools)
    return relock.renew(options.names, tools)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fetch.py", description="Fetch the locked tools.")
    commands = parser.add_subparsers(dest="command", required=True)
    tool = commands.add_parser("tool", help="print the paths of tools, fetching what is missing")
    tool.add_argument("--json", action="store_true", help="print one JSON document")
    tool.add_argument("names", nargs="+", metavar="NAME")
    listing = commands.add_parser("list", help="what is locked, and what of it is in the cache")
    listing.add_argument("--json", action="store_true", help="print one JSON document")
    verify = commands.add_parser("verify", help="compare the cache with what was fetched")
    verify.add_argument("--json", action="store_true", help="print one JSON document")
    relock.arguments(commands.add_parser("add", help="add an entry to the lock"))
    lock = commands.add_parser("lock", help="look up what the registries have now")
    lock.add_argument("names", nargs="*", metavar="NAME[=VERSION]")
    return parser


def _tool(names: Sequence[str], tools: Sequence[Tool], *, as_json: bool) -> int:
    known = [install.find(name, tools) for name in names]
    found = {tool.name: list(map(str, install.ensure(tool.name, tools))) for tool in known}
    if as_json:
        print(json.dumps(found))
    else:
        print(*(path for paths in found.values() for path in paths), sep="\n")
    return 0


def rows(tools: Sequence[Tool]) -> list[Row]:
    """Return what is known of each tool without a network."""
    return [_row(tool) for tool in tools]


def _row(tool: Tool) -> Row:
    receipt = entry.read(tool)
    paths = entry.programs(tool) or []
    cached = bool(receipt and paths)
    return Row(
        name=tool.name,
        version=tool.version,
        purpose=tool.purpose,
        source=receipt.source if receipt and cached else install.kind(tool.sources[0]),
        cached=cached,
        bytes=receipt.bytes if receipt and cached else 0,
        paths=tuple(map(str, paths)) if cached else (),
    )


def _list(tools: Sequence[Tool], *, as_json: bool) -> int:
    found = rows(tools)
    if as_json:
        print(json.dumps([asdict(row) for row in found], indent=2))
        return 0
    wide = max((len(row.version) for row in found), default=0)
    lines = []
    for row in found:
        size = f"{row.bytes / 1e6:.1f} MB" if row.cached else "not in the cache"
        lines.append(f"{row.name:<12} {row.version:<{wide}} {row.source:<6} {size}")
    print("\n".join(lines))
    return 0


def _verify(tools: Sequence[Tool], *, as_json: bool) -> int:
    states = {tool.name: state(tool) for tool in tools}
    if as_json:
        print(json.dumps(states, indent=2))
    else:
        print(*(f"{name:<12} {found}" for name, found in states.items()), sep="\n")
    damaged = [tool for tool in tools if states[tool.name] == "damaged"]
    if damaged:
        raise ToolchainError(*(_damaged(entry.place(tool)) for tool in damaged))
    return 0


def state(tool: Tool) -> str:
    """Return whether the tool in the cache is `unchanged` or `damaged` since, or `absent`."""
    if not entry.place(tool).exists():
        return "absent"
    receipt = entry.read(tool)
    whole = receipt is not None and entry.programs(tool) is not None
    same = receipt and whole and entry.digest(entry.place(tool)) == receipt.digest
    return "unchanged" if same else "damaged"


def _damaged(place: Path) -> Problem:
    return Problem(
        what="is not what was fetched any more",
        where=str(place),
        expected="the files that its entry.json gives the digest of",
        hint=f"rm -r '{place}', and it is fetched again when something needs it",
    )
