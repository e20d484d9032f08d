"""The start script `paved`: what it makes, what it runs, and what it says when it cannot."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from toolchain.locked import key
from toolchain.place import root
from toolchain.testing import archives
from toolchain.testing.workshop import SECONDS, Done, Workshop, finish
from toolchain.toolkit import environment

CHECKOUT = environment.LOCK.parent
PIN = "{name}==1.0 \\\n    --hash=sha256:{digest}\n    # via paved (pyproject.toml{group})\n"
MAIN = """import json, sys, greeter
print(json.dumps({"word": greeter.word, "args": sys.argv[1:], "prefix": sys.prefix}))
sys.exit(7 if "fail" in sys.argv else 0)
"""


def locked_uv() -> str:
    """Return the uv that is named, else the one in the user's cache."""
    lock = CHECKOUT / "tools/toolchain/tools.lock.json"
    found = key.hit(root(), lock.read_text(encoding="utf-8"), ["uv"])
    uv = os.environ.get("PAVED_TOOL_UV") or (found and found["uv"][0])
    assert uv, "these tests need uv: tools/toolchain/fetch.py tool uv, or set PAVED_TOOL_UV"
    return str(Path(uv).absolute())


@pytest.fixture
def start(shop: Workshop) -> Workshop:
    """Give the checkout a start script, a toolkit of one file, and a lock of two wheels."""
    shop.environ["PAVED_TOOL_UV"] = locked_uv()
    shutil.copy(CHECKOUT / "paved", shop.checkout)
    toolkit = shop.checkout / "platform" / "paved"
    toolkit.mkdir(parents=True)
    (toolkit / "__main__.py").write_text(MAIN)
    write_lock(shop, "hello")
    return shop


def write_lock(shop: Workshop, word: str) -> None:
    """Serve two wheels and lock them; the second one is for tests only."""
    text = "# made by uv\n"
    for name, group in (("greeter", ""), ("tester", ":test")):
        content = {f"{name}.py": f"word = {word!r}\n".encode()}
        digest = shop.registry.add_wheel(*archives.wheel(name, "1.0", content))
        text += PIN.format(name=name, digest=digest, group=group)
    (shop.checkout / "requirements.lock").write_text(text)


def run(shop: Workshop, *words: str, folder: Path | None = None) -> Done:
    """Run the start script to its end."""
    return finish(shop.popen([str(shop.checkout / "paved"), *words], folder))


def without_python(shop: Workshop, *programs: str) -> None:
    """Leave no more on PATH than what the start script itself calls, and `programs`."""
    folder = shop.folder / "few"
    folder.mkdir()
    for name in ("bash", "env", "sha256sum", "readlink", *programs):
        (folder / name).symlink_to(str(shutil.which(name)))
    shop.environ["PATH"] = str(folder)


def test_first_run(start: Workshop):
    """The first run makes the environment, says so, and runs the toolkit with its arguments."""
    done = run(start, "a b", "--c")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert (found["word"], found["args"]) == ("hello", ["a b", "--c"])
    assert Path(found["prefix"]).parent == start.cache / "env"
    assert "making the toolkit's environment: 1 locked distributions" in done.err
    [line] = map(json.loads, (start.cache / "downloads.jsonl").read_text().splitlines())
    assert line["fresh"] is True


def test_only_what_the_toolkit_needs(start: Workshop):
    """What the lock holds for other groups is not installed, and pip is not either."""
    site = Path(json.loads(run(start).out)["prefix"]).glob("lib/python*/site-packages/*.dist-info")
    assert [path.name for path in site] == ["greeter-1.0.dist-info"]


def test_later_runs_start_nothing_first(start: Workshop):
    """Once made, the environment is used without a Python on PATH, a request, or a word."""
    run(start)
    start.registry.asked.clear()
    without_python(start)
    done = run(start, "again")
    assert (done.status, done.err, json.loads(done.out)["args"]) == (0, "", ["again"])
    assert start.registry.asked == []


def test_exit_status_is_the_toolkits(start: Workshop):
    """The toolkit's own exit status comes through."""
    assert run(start, "fail").status == 7


def test_from_elsewhere_through_a_link(start: Workshop, tmp_path: Path):
    """It runs from any folder and through a symbolic link, and imports nothing from there."""
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "greeter.py").write_text("word = 'not this one'\n")
    (elsewhere / "link").symlink_to(start.checkout / "paved")
    done = finish(start.popen(["./link"], elsewhere))
    assert done.status == 0, done.err
    assert json.loads(done.out)["word"] == "hello"


def test_users_python_settings_do_not_matter(start: Workshop, tmp_path: Path):
    """PYTHONPATH and PYTHONHOME of the user change nothing."""
    (tmp_path / "greeter.py").write_text("word = 'not this one'\n")
    run(start)
    start.environ |= {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nonexistent"}
    done = run(start)
    assert done.status == 0, done.err
    assert json.loads(done.out)["word"] == "hello"


@pytest.mark.parametrize("too_old", [True, False], ids=["too old", "none"])
def test_no_python(start: Workshop, *, too_old: bool):
    """Without a Python that is new enough the error says what is expected and how to get it."""
    without_python(start)
    if too_old:
        (start.folder / "few" / "python3").write_bytes(archives.script("3.9", status=1))
        (start.folder / "few" / "python3").chmod(0o755)
    done = run(start)
    assert (done.status, done.out) == (4, "")
    assert "expected: python3, 3.11 or newer" in done.err
    assert "hint:" in done.err


def test_no_network(start: Workshop):
    """Where the index cannot be reached the error says so, and nothing half-made is left."""
    start.environ["PIP_INDEX_URL"] = "http://127.0.0.1:9"
    done = run(start)
    assert (done.status, done.out) == (4, "")
    assert "the Python index could not be reached" in done.err
    assert "Traceback" not in done.err
    assert (start.left_over(), list((start.cache / "env").iterdir())) == ([], [])
    del start.environ["PIP_INDEX_URL"]
    assert run(start).status == 0


def test_other_bytes(start: Workshop):
    """A wheel that is not the locked one is refused."""
    name, content = archives.wheel("greeter", "1.0", {"greeter.py": b"word = 'changed'\n"})
    start.registry.add_wheel(name, content)
    done = run(start)
    assert (done.status, done.out) == (4, "")
    assert "hash" in done.err.lower()


def test_changed_lock_makes_another(start: Workshop):
    """After the lock has changed, the environment is that of the new lock."""
    first = json.loads(run(start).out)
    write_lock(start, "good day")
    second = json.loads(run(start).out)
    assert (first["word"], second["word"]) == ("hello", "good day")
    assert first["prefix"] != second["prefix"]


def test_interpreter_that_has_gone(start: Workshop):
    """When the interpreter of an environment has gone, it is made again."""
    python = Path(json.loads(run(start).out)["prefix"], "bin", "python")
    python.unlink()
    python.symlink_to("/nonexistent/python")
    done = run(start)
    assert done.status == 0, done.err
    assert "making the toolkit's environment" in done.err


def test_killed_half_way(start: Workshop):
    """After kill -9 half-way the same command works, and nothing is left behind."""
    stall = start.registry.stall("/wheels/greeter-1.0-py3-none-any.whl")
    process = start.popen([str(start.checkout / "paved")])
    assert stall.reached.wait(SECONDS)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    stall.release.set()
    start.registry.stalls.clear()
    assert not list((start.cache / "env").glob("[0-9a-f]*"))
    assert run(start).status == 0
    assert start.left_over() == []


def test_two_at_once(start: Workshop):
    """Of two first runs one makes the environment, the other waits and says so."""
    stall = start.registry.stall("/wheels/greeter-1.0-py3-none-any.whl")
    one = start.popen([str(start.checkout / "paved")])
    assert stall.reached.wait(SECONDS)
    two = start.popen([str(start.checkout / "paved")])
    waiting = next((line for line in two.stderr or () if "waiting" in line), "")
    stall.release.set()
    first, second = finish(one), finish(two)
    assert waiting
    assert (first.status, second.status) == (0, 0), (first.err, second.err)
    assert first.out == second.out
