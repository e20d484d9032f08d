"""Looks up what the registries have: the exact sources for a lock entry.

Debian: what the suite has now, by its signed index. Python: the wheel of one version for this
machine. Go: one version of a module, as the sum database knows it. Nothing is installed.
"""

import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from toolchain import cache, discover
from toolchain.debian import Deb
from toolchain.locked import gomodule, gotoolchain, wheel
from toolchain.locked.gorunner import Runner
from toolchain.locked.model import DebSource, GoSource, Source, Tool, WheelSource
from toolchain.problems import Problem, ToolchainError, note

UPSTREAM = re.compile(r"(\d+:)?(?P<version>[0-9]+(\.[0-9A-Za-z]+)*)")
GO_LINE = re.compile(r"^go (\S+)", re.MULTILINE)
ASSUMED = ("libc6",)  # on every Debian; what else a package needs does not matter here

Suites = dict[str, dict[str, Deb]]


def suites(tools: Iterable[Tool]) -> Suites:
    """Return, for each suite that `tools` name, the package files that they name there."""
    wanted: dict[str, set[str]] = {}
    for source in (source for tool in tools for source in tool.sources):
        if isinstance(source, DebSource):
            wanted.setdefault(source.suite, set()).add(source.deb.package)
    return {suite: _packages(suite, sorted(names)) for suite, names in sorted(wanted.items())}


def _packages(suite: str, names: list[str]) -> dict[str, Deb]:
    found = discover.closure(discover.Wish(suite, tuple(names), ASSUMED, ()))
    return {deb.package: deb for deb in found}


def resolve(tool: Tool, version: str, found: Suites) -> Tool:
    """Return `tool` with exact sources.

    Args:
        tool: what to look up; the hashes that it has do not matter.
        version: the upstream version wanted; empty for what its package has now, or for the
            present one where none of its sources is a package.
        found: see `suites`.

    Raises:
        ToolchainError: a registry does not have it, or cannot be reached.
    """
    at = version or _packaged(tool, found) or tool.version
    sources = tuple(_source(source, tool, at, found) for source in tool.sources)
    return replace(tool, version=at, sources=sources)


def _packaged(tool: Tool, found: Suites) -> str:
    for source in tool.sources:
        match = isinstance(source, DebSource) and UPSTREAM.match(_deb(source, found).version)
        if match:
            return match["version"]
    return ""


def _deb(source: DebSource, found: Suites) -> Deb:
    return found[source.suite][source.deb.package]


def _source(source: Source, tool: Tool, version: str, found: Suites) -> Source:
    match source:
        case DebSource():
            return replace(source, deb=_deb(source, found))
        case WheelSource():
            return wheel_source(replace(source, version=version))
        case GoSource():
            ldflags = source.ldflags.replace(tool.version, version)
            return go_source(replace(source, version=f"v{version}", ldflags=ldflags))


def wheel_source(source: WheelSource) -> WheelSource:
    """Return the source with the hash that the index gives for its version."""
    wanted = f"{source.distribution}=={source.version}"
    note(f"looking up the wheel {wanted} in the Python index")
    with tempfile.TemporaryDirectory(prefix="paved-lock-") as folder:
        report = Path(folder) / "report.json"
        wheel.look_up(wanted, report)
        [chosen] = json.loads(report.read_text(encoding="utf-8"))["install"]
    hashes = chosen["download_info"]["archive_info"]["hashes"]
    return replace(source, sha256=(hashes["sha256"],))


def go_source(source: GoSource) -> GoSource:
    """Return the source with the hashes of its version and the Go version that it asks for."""
    name = f"{source.module}@{source.version}"
    note(f"looking up the Go module {name}")
    with cache.lock("go-look-up") as lock, tempfile.TemporaryDirectory(prefix="paved-lock-") as at:
        runner = Runner(gotoolchain.find("1.21", _no_locked_go), name, lock)
        answer = gomodule.ask(runner, source.module, source.version, Path(at), sums="")
    line = GO_LINE.search(Path(answer["GoMod"]).read_text(encoding="utf-8"))
    lowest = line[1] if line else "1.21"
    return replace(source, sum=answer["Sum"], mod_sum=answer["GoModSum"], go=lowest)


def _no_locked_go() -> Path:
    raise ToolchainError(
        Problem(
            what="looking up a Go module needs a Go on PATH",
            expected="Go 1.21 or newer",
            hint='PATH="$(dirname "$(python3 tools/toolchain/fetch.py tool go)"):$PATH"',
        )
    )
