"""Reads and writes tools.lock.json; checks all that can be known without a network.

Problems are named by their place in the document, such as `tools[2].sources[0].sha256`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from toolchain.debian import Deb
from toolchain.locked.fields import Fields, Problems
from toolchain.locked.key import key
from toolchain.locked.model import DebSource, GoSource, Source, Tool, WheelSource
from toolchain.problems import Problem, ToolchainError

PATH = Path(__file__).parents[1] / "tools.lock.json"
FORMAT = 1
HINT = "mend the file, or make it again with: python3 tools/toolchain/fetch.py lock"

NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
PROGRAM = r"[A-Za-z0-9][A-Za-z0-9._+-]*"
# A Go module without releases that Go can take has a time and a commit behind its version.
VERSION = r"[0-9]+(\.[0-9A-Za-z]+)*(-[0-9]{14}-[0-9a-f]{12})?"
DEB_VERSION = r"[0-9][0-9A-Za-z.+~:-]*"
HEX = r"[0-9a-f]{64}"
H1 = r"h1:[A-Za-z0-9+/]{43}="
BELOW = r"(?!(?:.*/)?\.\.?(?:/|$))[A-Za-z0-9_.+~@-]+(/[A-Za-z0-9_.+~@-]+)*"
MODULE = r"(?!(?:.*/)?\.\.?(?:/|$))[A-Za-z0-9][A-Za-z0-9_.~-]*(/[A-Za-z0-9_.~-]+)*"
PACKAGE = r"\.(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*"
LINE = r"[^\x00-\x1f\x7f\ud800-\udfff]*"


def read(path: Path = PATH) -> list[Tool]:
    """Return the tools of the lock at `path`.

    Raises:
        ToolchainError: with every problem that the file has.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ToolchainError(
            Problem(what=f"cannot be read: {error}", where=str(path), expected="the lock of tools")
        ) from error
    return parse(text, path.name)


def parse(text: str, where: str = PATH.name) -> list[Tool]:
    """Return the tools of a lock's text; `where` names it in errors, which are as in `read`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = Problem(what=f"is not JSON: {error}", where=where, expected="JSON", hint=HINT)
        raise ToolchainError(problem) from error
    problems: Problems = []
    fields = Fields(document, "", problems)
    if fields.number("format") != FORMAT:
        fields.problem("format", "is not one that this fetcher knows", str(FORMAT))
    entries = fields.objects("tools", least=0)
    tools = [_tool(entry, raw) for entry, raw in zip(entries, _raw(document), strict=False)]
    fields.done()
    _check_names(tools, problems)
    if problems:
        raise ToolchainError(*(_placed(problem, where) for problem in problems))
    return tools


def _raw(document: object) -> Sequence[dict[str, object]]:
    tools = document.get("tools") if isinstance(document, dict) else None
    return tools if isinstance(tools, list) else []


def _placed(problem: Problem, where: str) -> Problem:
    place = f"{where}: {problem.where}" if problem.where else where
    return Problem(problem.what, place, problem.expected, HINT)


def _check_names(tools: Sequence[Tool], problems: Problems) -> None:
    names = [tool.name for tool in tools]
    if names != sorted(set(names)):
        expected = "each name once, in alphabetical order"
        problems.append(Problem(what=f"are named {names}", where="tools", expected=expected))


def _tool(entry: Fields, raw: dict[str, object]) -> Tool:
    binaries = entry.texts("binaries", PROGRAM, "names of programs")
    version = entry.text("version", VERSION, "a version, such as 1.2.3")
    tool = Tool(
        name=entry.text("name", NAME, "lower-case words joined by -"),
        version=version,
        purpose=entry.text("purpose", LINE, "one line"),
        binaries=binaries,
        check=entry.texts("check", LINE, "arguments"),
        sources=tuple(_source(each, version, binaries) for each in entry.objects("sources")),
        key=key(raw) if isinstance(raw, dict) else "",
    )
    entry.done()
    return tool


def _source(entry: Fields, version: str, binaries: tuple[str, ...]) -> Source:
    kind = entry.text("kind", "|".join(READERS), "deb, wheel or go") or "go"
    source = READERS[kind](entry)
    entry.done()
    if not says(source, version):
        entry.problem("version", "is of another release than the tool's", f"that of {version}")
    given = binaries[:1] if isinstance(source, GoSource) else tuple(sorted(source.files))
    if given != tuple(sorted(binaries)):
        entry.problem("files", "does not give the tool's programs", ", ".join(binaries))
    return source


def says(source: Source, version: str) -> bool:
    """Tell whether a source's own version is that of the upstream release `version`."""
    match source:
        case DebSource():
            upstream = rf"(\d+:)?{re.escape(version)}([-+~].*)?"
            return re.fullmatch(upstream, source.deb.version) is not None
        case WheelSource():
            return source.version == version
        case GoSource():
            return source.version == f"v{version}"


def _deb(entry: Fields) -> DebSource:
    deb = Deb(
        package=entry.text("package", NAME, "the name of a Debian package"),
        version=entry.text("version", DEB_VERSION, "a Debian version"),
        path=entry.text("path", BELOW, "a path below the mirror"),
        sha256=entry.text("sha256", HEX, "a sha256 in hexadecimal"),
        size=entry.number("size"),
    )
    suite = entry.text("suite", NAME, "a suite, such as forky")
    return DebSource(suite, deb, entry.mapping("files", BELOW, "program: path in the package"))


def _wheel(entry: Fields) -> WheelSource:
    return WheelSource(
        distribution=entry.text("distribution", NAME, "the normalized name of a distribution"),
        version=entry.text("version", VERSION, "a version"),
        sha256=entry.texts("sha256", HEX, "sha256 in hexadecimal"),
        files=entry.mapping("files", BELOW, "program: path in the wheel"),
        whole=entry.flag("whole"),
    )


def _go(entry: Fields) -> GoSource:
    return GoSource(
        module=entry.text("module", MODULE, "the path of a Go module"),
        version=entry.text("version", rf"v{VERSION}", "a version, such as v1.2.3"),
        package=entry.text("package", PACKAGE, "a package in the module: . or ./x"),
        sum=entry.text("sum", H1, "the h1: hash of the module's zip"),
        mod_sum=entry.text("mod_sum", H1, "the h1: hash of its go.mod"),
        go=entry.text("go", VERSION, "a Go version, such as 1.26.0"),
        ldflags=entry.text("ldflags", LINE, "flags for Go's linker, or an empty text"),
    )


READERS: Mapping[str, Callable[[Fields], Source]] = {"deb": _deb, "wheel": _wheel, "go": _go}


def dump(tools: Sequence[Tool]) -> str:
    """Return the text of a lock, always the same for the same tools."""
    ordered = sorted(tools, key=lambda tool: tool.name)
    document = {"format": FORMAT, "tools": [_tool_document(tool) for tool in ordered]}
    return json.dumps(document, indent=2) + "\n"


def _tool_document(tool: Tool) -> dict[str, object]:
    return {
        "name": tool.name,
        "version": tool.version,
        "purpose": tool.purpose,
        "binaries": list(tool.binaries),
        "check": list(tool.check),
        "sources": [_source_document(source) for source in tool.sources],
    }


def _source_document(source: Source) -> dict[str, object]:
    match source:
        case DebSource(suite, deb, files):
            return {
                "kind": "deb",
                "suite": suite,
                "package": deb.package,
                "version": deb.version,
                "path": deb.path,
                "sha256": deb.sha256,
                "size": deb.size,
                "files": dict(sorted(files.items())),
            }
        case WheelSource():
            whole = {"whole": True} if source.whole else {}
            return {
                "kind": "wheel",
                "distribution": source.distribution,
                "version": source.version,
                "sha256": sorted(source.sha256),
                "files": dict(sorted(source.files.items())),
                **whole,
            }
        case GoSource():
            return {
                "kind": "go",
                "module": source.module,
                "version": source.version,
                "package": source.package,
                "sum": source.sum,
                "mod_sum": source.mod_sum,
                "go": source.go,
                "ldflags": source.ldflags,
            }
