"""fetch.py from its command line: what it prints, where tools come from, what it says."""

import json
from pathlib import Path

import pytest

from toolchain.testing import archives
from toolchain.testing.workshop import Workshop, entry

HELLO = archives.script("hello 1.2.3")


@pytest.fixture(params=["deb", "wheel"])
def kind(request: pytest.FixtureRequest) -> str:
    """Return each kind of source that is downloaded ready to run."""
    return str(request.param)


def source(shop: Workshop, kind: str, content: bytes = HELLO) -> dict[str, object]:
    """Serve the tool `hello` and return its source."""
    return (
        shop.deb_source("hello", content) if kind == "deb" else shop.wheel_source("hello", content)
    )


def forget(shop: Workshop, *words: str) -> None:
    """Take the archives whose path has one of `words` off the registry."""
    for path in [path for path in shop.registry.files if any(word in path for word in words)]:
        del shop.registry.files[path]


def test_path_alone_on_stdout(shop: Workshop, kind: str):
    """A fetched tool's path is all that stdout has, and the file there runs."""
    shop.write_lock(entry("hello", source(shop, kind)))
    done = shop.fetch("tool", "hello")
    assert done.status == 0, done.err
    [path] = map(Path, done.out.splitlines())
    assert path.is_absolute()
    assert path.read_bytes() == HELLO
    assert shop.fetch("tool", "--json", "hello").out.strip() == json.dumps({"hello": [str(path)]})


def test_second_time_needs_no_network(shop: Workshop, kind: str):
    """What is in the cache is given without a single request and without a word."""
    shop.write_lock(entry("hello", source(shop, kind)))
    first = shop.fetch("tool", "hello")
    shop.registry.files.clear()
    shop.registry.asked.clear()
    second = shop.fetch("tool", "hello")
    assert (second.status, second.out, second.err) == (0, first.out, "")
    assert shop.registry.asked == []


def test_download_is_recorded(shop: Workshop, kind: str):
    """Each download adds a line with its name, its exact bytes and that it is fresh."""
    shop.write_lock(entry("hello", source(shop, kind)))
    shop.fetch("tool", "hello")
    [line] = map(json.loads, (shop.cache / "downloads.jsonl").read_text().splitlines())
    [archive] = [v for k, v in shop.registry.files.items() if k.endswith((".deb", ".whl"))]
    assert line["bytes"] == len(archive)
    assert line["fresh"] is True
    assert line["name"]


def test_later_source_is_a_stated_fallback(shop: Workshop):
    """When the package has left the mirror, the next source is taken, with a notice of why."""
    shop.write_lock(entry("hello", source(shop, "deb"), source(shop, "wheel")))
    forget(shop, ".deb")
    done = shop.fetch("tool", "hello")
    assert done.status == 0, done.err
    assert "no longer has hello 1.2.3-1" in done.err
    assert "instead it comes from the wheel hello-bin 1.2.3" in done.err
    [row] = json.loads(shop.fetch("list", "--json").out)
    assert (row["source"], row["cached"]) == ("wheel", True)


def test_program_that_does_not_run_gives_way(shop: Workshop):
    """A package whose program fails here is not kept: the next source is tried."""
    broken = archives.script("wrong system", status=126)
    shop.write_lock(entry("hello", source(shop, "deb", broken), source(shop, "wheel")))
    done = shop.fetch("tool", "hello")
    assert done.status == 0, done.err
    assert "does not run on this machine" in done.err
    assert Path(done.out.strip()).read_bytes() == HELLO


def test_gone_from_everywhere(shop: Workshop):
    """When no registry has the version any more, all sources are named, and how to renew."""
    shop.write_lock(entry("hello", source(shop, "deb"), source(shop, "wheel")))
    forget(shop, ".deb", ".whl", "simple")
    done = shop.fetch("tool", "hello")
    assert (done.status, done.out) == (4, "")
    assert "hello 1.2.3-1" in done.err
    assert "hello-bin==1.2.3" in done.err
    assert done.err.count("fetch.py lock hello") == 2
    assert shop.left_over() == []
    assert not list((shop.cache / "tools" / "hello").iterdir())


def test_hash_mismatch_ends_it(shop: Workshop, kind: str):
    """Bytes other than the locked ones are refused, even where another source could follow."""
    other = "wheel" if kind == "deb" else "deb"
    shop.write_lock(entry("hello", source(shop, kind), source(shop, other)))
    for path, content in shop.registry.files.items():
        if path.endswith(".deb" if kind == "deb" else ".whl"):
            shop.registry.files[path] = content[:-1] + bytes([content[-1] ^ 1])
    done = shop.fetch("tool", "hello")
    assert (done.status, done.out) == (4, "")
    assert "is not the locked" in done.err
    assert "expected:" in done.err
    assert "hint:" in done.err
    assert shop.left_over() == []
    assert not list((shop.cache / "tools" / "hello").iterdir())


def test_no_network(shop: Workshop, kind: str):
    """Without a network the error says what could not be reached and what to set."""
    shop.write_lock(entry("hello", source(shop, kind)))
    nowhere = "http://127.0.0.1:9"
    shop.environ |= {"PAVED_DEBIAN_MIRROR": nowhere, "PIP_INDEX_URL": nowhere}
    done = shop.fetch("tool", "hello")
    assert (done.status, done.out) == (4, "")
    assert "could not be reached" in done.err
    assert ("PAVED_DEBIAN_MIRROR" if kind == "deb" else "PIP_INDEX_URL") in done.err


def test_error_as_json(shop: Workshop):
    """With --json the error is one JSON document on stderr, of the toolkit's own shape."""
    shop.write_lock(entry("hello", source(shop, "deb")))
    done = shop.fetch("tool", "--json", "goodbye")
    assert done.status == 4
    [problem] = json.loads(done.err)["problems"]
    assert problem["where"] == "goodbye"
    assert problem["expected"] == "one of hello"


def test_nothing_is_fetched_for_an_unknown_name(shop: Workshop):
    """A wrong name among right ones is found before anything is downloaded."""
    shop.write_lock(entry("hello", source(shop, "deb")))
    assert shop.fetch("tool", "hello", "goodbye").status == 4
    assert shop.registry.asked == []


def test_program_that_was_removed_comes_again(shop: Workshop, kind: str):
    """An entry that lost its program is made again, in the same place."""
    shop.write_lock(entry("hello", source(shop, kind)))
    path = Path(shop.fetch("tool", "hello").out.strip())
    path.unlink()
    again = shop.fetch("tool", "hello")
    assert (again.status, Path(again.out.strip())) == (0, path)
    assert path.read_bytes() == HELLO


def test_verify_finds_a_changed_byte(shop: Workshop, kind: str):
    """`verify` accepts what was fetched and names the folder in which a byte has changed."""
    other = shop.wheel_source("other", HELLO)
    shop.write_lock(entry("hello", source(shop, kind)), entry("other", other))
    path = Path(shop.fetch("tool", "hello").out.strip())
    states = json.loads(shop.fetch("verify", "--json").out)
    assert states == {"hello": "unchanged", "other": "absent"}
    path.write_bytes(HELLO.replace(b"hello", b"hallo"))
    done = shop.fetch("verify")
    assert done.status == 4
    assert str(path.parents[1]) in done.err


def test_whole_wheel_keeps_its_files_together(shop: Workshop):
    """A program that needs its wheel's other files finds them beside itself."""
    reader = b'#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/../data.txt"\n'
    files = {"kit/bin/reader": reader, "kit/data.txt": b"found\n"}
    digest = shop.registry.add_wheel(*archives.wheel("reader-bin", "1.2.3", files))
    wheel = shop.wheel_source("reader", b"") | {"whole": True}
    shop.registry.add_wheel(*archives.wheel("reader-bin", "1.2.3", files))
    wheel |= {"sha256": [digest], "files": {"reader": "kit/bin/reader"}}
    shop.write_lock(entry("reader", wheel))
    done = shop.fetch("tool", "reader")
    assert done.status == 0, done.err
    assert shop.popen([done.out.strip()]).communicate()[0] == "found\n"


def test_lock_that_is_wrong_is_explained(shop: Workshop):
    """A malformed lock ends every command with each of its problems and its place."""
    shop.write_lock(entry("hello", {"kind": "deb"}))
    done = shop.fetch("tool", "hello")
    assert done.status == 4
    assert "tools[0].sources[0].sha256: is missing" in done.err
    assert "tools[0].sources[0].path: is missing" in done.err
