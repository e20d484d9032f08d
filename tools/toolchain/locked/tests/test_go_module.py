"""Tools built from a Go module, by a real Go, from a module proxy on loopback."""

import base64
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from toolchain import cache
from toolchain.locked import gomodule, lockfile, resolve
from toolchain.locked.gorunner import Runner
from toolchain.locked.model import GoSource
from toolchain.problems import ToolchainError
from toolchain.testing import archives
from toolchain.testing.workshop import Done, Entry, Workshop, entry

MODULE = "example.com/hello"
NEEDED = "example.com/needed"
Files = Mapping[str, bytes]
NOWHERE = "http://127.0.0.1:9"
MAIN = b"""package main

import "example.com/needed"

var stamp = "unstamped"

func main() { println(stamp, needed.Word) }
"""


@pytest.fixture(autouse=True)
def go(shop: Workshop) -> str:
    """Put a real Go first on PATH; without one these tests fail."""
    found = os.environ.get("PAVED_TOOL_GO") or shutil.which("go")
    assert found, "these tests need Go: put it on PATH, or name it in PAVED_TOOL_GO"
    shop.environ["PATH"] = f"{Path(found).resolve().parent}:{os.environ['PATH']}"
    shop.environ["GOSUMDB"] = unreachable_sum_database()
    return found


def unreachable_sum_database() -> str:
    """Return a setting with which whatever asks a sum database fails: the lock has to do."""
    name, public = "sums.example.com", b"\x01" + bytes(32)
    digest = hashlib.sha256(f"{name}\n".encode() + public).hexdigest()[:8]
    return f"{name}+{digest}+{base64.b64encode(public).decode()} {NOWHERE}"


def publish(shop: Workshop, module: str, version: str, files: Files) -> str:
    """Serve a module, and return the lines of go.sum that it has."""
    served = archives.go_module(module, version, files)
    shop.registry.files |= {f"/go{path}": body for path, body in served.items()}
    zip_sum, mod_sum = archives.go_sums(module, version, files)
    return f"{module} {version} {zip_sum}\n{module} {version}/go.mod {mod_sum}\n"


def program(shop: Workshop, sums: str) -> Entry:
    """Serve a module with a program and those lines of go.sum; return the lock's source."""
    require = f"module {MODULE}\n\ngo 1.21\n\nrequire {NEEDED} v1.0.0\n"
    files = {"go.mod": require.encode(), "go.sum": sums.encode(), "cmd/hello/main.go": MAIN}
    files |= {"LICENSE": b"a licence\n"}
    publish(shop, MODULE, "v1.2.3", files)
    zip_sum, mod_sum = archives.go_sums(MODULE, "v1.2.3", files)
    return {
        "kind": "go",
        "module": MODULE,
        "version": "v1.2.3",
        "package": "./cmd/hello",
        "sum": zip_sum,
        "mod_sum": mod_sum,
        "go": "1.21",
        "ldflags": "-X main.stamp=v1.2.3",
    }


@pytest.fixture
def source(shop: Workshop) -> Entry:
    """Serve a program, and the module that it needs; return the lock's source."""
    needed = {"go.mod": f"module {NEEDED}\n\ngo 1.21\n".encode()}
    needed["needed.go"] = b'package needed\n\nconst Word = "world"\n'
    return program(shop, publish(shop, NEEDED, "v1.0.0", needed))


def run(shop: Workshop, source: Entry) -> Done:
    """Fetch the tool `hello`."""
    shop.write_lock(entry("hello", source))
    return shop.fetch("tool", "hello")


def test_built_and_stamped(shop: Workshop, source: Entry):
    """The program is built from the locked module alone, stamped, with its licence beside it."""
    done = run(shop, source)
    assert done.status == 0, done.err
    program = Path(done.out.strip())
    assert shop.popen([str(program)]).communicate()[1] == "v1.2.3 world\n"
    assert (program.parents[1] / "licenses" / "LICENSE").read_text() == "a licence\n"
    assert sorted(path.name for path in program.parents[1].iterdir()) == [
        "bin",
        "entry.json",
        "licenses",
    ]
    [line] = map(json.loads, (shop.cache / "downloads.jsonl").read_text().splitlines())
    served = shop.registry.files
    size = sum(len(body) for path, body in served.items() if path.endswith((".zip", ".mod")))
    assert line["bytes"] == size


@pytest.mark.parametrize("field", ["sum", "mod_sum"])
def test_other_hash(shop: Workshop, source: Entry, field: str):
    """A module whose zip or go.mod is not the locked one is refused."""
    done = run(shop, source | {field: "h1:" + "A" * 43 + "="})
    assert (done.status, done.out) == (4, "")
    assert "the Go module is not the locked one" in done.err
    assert shop.left_over() == []


def test_needed_module_changed(shop: Workshop, source: Entry):
    """A module that the locked one needs is held to the go.sum in the locked zip."""
    other = {"go.mod": f"module {NEEDED}\n\ngo 1.21\n".encode(), "needed.go": b"package needed\n"}
    served = archives.go_module(NEEDED, "v1.0.0", other)
    shop.registry.files |= {f"/go{path}": body for path, body in served.items()}
    done = run(shop, source)
    assert done.status == 4
    assert "the Go module is not the locked one" in done.err


@pytest.mark.parametrize(("summed", "status"), [(True, 0), (False, 4)])
def test_untidy(shop: Workshop, *, summed: bool, status: int):
    """A go.mod that leaves out what another module needs is completed; a go.sum is not."""
    far = {"go.mod": b"module example.com/far\n", "far.go": b"package far\n"}
    near = f"module {NEEDED}\n\ngo 1.21\n\nrequire example.com/far v1.0.0\n"
    needed = {"go.mod": near.encode()}
    needed["needed.go"] = b'package needed\n\nimport _ "example.com/far"\n\nconst Word = ""\n'
    far_sums = publish(shop, "example.com/far", "v1.0.0", far)
    sums = publish(shop, NEEDED, "v1.0.0", needed)
    shop.environ["GOSUMDB"] = "off"  # so that Go would believe what it is served
    done = run(shop, program(shop, sums + (far_sums if summed else "")))
    assert done.status == status, done.err
    assert summed or "its go.sum lacks" in done.err


def test_gone(shop: Workshop, source: Entry):
    """A version that the proxy does not have is said to be gone, with the command to renew."""
    shop.registry.files.clear()
    done = run(shop, source)
    assert done.status == 4
    assert "the Go proxy does not have it" in done.err
    assert "fetch.py lock hello" in done.err


def test_no_network(shop: Workshop, source: Entry):
    """A proxy that cannot be reached is said to be so."""
    shop.environ["GOPROXY"] = NOWHERE
    done = run(shop, source)
    assert done.status == 4
    assert "the Go proxy could not be reached" in done.err


def test_does_not_build(shop: Workshop, source: Entry):
    """A module that does not compile is told with the compiler's own words."""
    done = run(shop, source | {"package": "./cmd/nothing"})
    assert done.status == 4
    assert "cmd/nothing" in done.err


def test_looked_up_like_locked(
    shop: Workshop, source: Entry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Looking a module up gives the hashes that building it asks for, and its Go version."""
    for name, value in (shop.environment() | {"GOSUMDB": "off"}).items():
        monkeypatch.setenv(name, value)
    shop.write_lock(entry("hello", source))
    [tool] = lockfile.read(shop.toolchain / "tools.lock.json")
    [wanted] = tool.sources
    assert isinstance(wanted, GoSource)
    assert resolve.go_source(replace(wanted, sum="", mod_sum="", go="")) == wanted
    with cache.lock("test") as held, tempfile.TemporaryDirectory(dir=tmp_path) as work:
        runner = Runner(Path(str(shutil.which("go"))), MODULE, held)
        copy = gomodule.copy_of(wanted, runner, Path(work))
        assert (copy / "go.sum").stat().st_mode & 0o200


def test_look_up_asks_the_sum_database(
    shop: Workshop, source: Entry, monkeypatch: pytest.MonkeyPatch
):
    """Hashes that are not locked yet are not believed without the sum database."""
    for name, value in shop.environment().items():
        monkeypatch.setenv(name, value)
    shop.write_lock(entry("hello", source))
    [tool] = lockfile.read(shop.toolchain / "tools.lock.json")
    [wanted] = tool.sources
    assert isinstance(wanted, GoSource)
    with pytest.raises(ToolchainError, match="could not be reached"):
        resolve.go_source(wanted)
