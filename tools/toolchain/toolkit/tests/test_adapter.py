"""The toolkit's side: `paved.adapters.tools` and `paved tools` over a real fetcher."""

import json
from pathlib import Path

import pytest

from paved.adapters import tools
from paved.cli import app
from paved.errors import EnvironmentProblem
from toolchain.testing import archives
from toolchain.testing.workshop import Workshop, entry

HELLO = archives.script("hello 1.2.3")


@pytest.fixture(autouse=True)
def fetcher(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lock the package `hello-you` and let the adapter call the copy's fetcher."""
    for name, value in shop.environment().items():
        if name not in {"PATH", "HOME"}:
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(tools, "FETCHER", shop.toolchain / "fetch.py")
    monkeypatch.delenv("PAVED_TOOL_HELLO_YOU", raising=False)
    tools._fetch.cache_clear()  # noqa: SLF001
    shop.write_lock(entry("hello-you", shop.deb_source("hello-you", HELLO)))
    return shop.toolchain / "fetch.py"


def test_tool_is_fetched(capfd: pytest.CaptureFixture[str]):
    """A tool's path comes from the cache; the progress of fetching it is shown on stderr."""
    assert tools.tool("hello-you").read_bytes() == HELLO
    out, err = capfd.readouterr()
    assert out == ""
    assert "hello-you 1.2.3: from Debian's package" in err


def test_named_program_goes_first(shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What PAVED_TOOL_<NAME> names is used as it is, and nothing is fetched."""
    program = tmp_path / "own"
    program.write_bytes(HELLO)
    program.chmod(0o755)
    monkeypatch.setenv("PAVED_TOOL_HELLO_YOU", str(program))
    assert tools.tool("hello-you") == program
    assert shop.registry.asked == []


@pytest.mark.parametrize("path", ["/nonexistent", "/etc/passwd", "/"])
def test_named_thing_that_is_no_program(path: str, monkeypatch: pytest.MonkeyPatch):
    """A variable that names no program is an error that says which variable."""
    monkeypatch.setenv("PAVED_TOOL_HELLO_YOU", path)
    with pytest.raises(EnvironmentProblem, match=r"PAVED_TOOL_HELLO_YOU") as raised:
        tools.tool("hello-you")
    assert "unset" in raised.value.problems[0].hint


def test_errors_become_the_toolkits(shop: Workshop):
    """The fetcher's problem arrives with all of its four parts."""
    shop.registry.files.clear()
    with pytest.raises(EnvironmentProblem) as raised:
        tools.tool("hello-you")
    [problem] = raised.value.problems
    assert "no longer has hello-you" in problem.what
    assert problem.where.endswith(".deb")
    assert problem.expected
    assert "fetch.py lock hello-you" in problem.hint


def test_fetcher_that_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A fetcher that fails without a word is an error all the same."""
    (tmp_path / "fetch.py").write_text("raise SystemExit(9)\n")
    monkeypatch.setattr(tools, "FETCHER", tmp_path / "fetch.py")
    with pytest.raises(EnvironmentProblem, match="ended with exit status 9"):
        tools.listing()


def test_commands(capsys: pytest.CaptureFixture[str]):
    """`paved tools` lists, fetches and verifies, for people and as JSON."""
    assert app.run(["tools", "fetch", "hello-you", "--json"]) == 0
    [path] = json.loads(capsys.readouterr().out)["tools"]["hello-you"]
    assert app.run(["tools", "fetch", "hello-you"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert app.run(["tools", "list", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["tools"]
    assert (row["name"], row["cached"], row["paths"]) == ("hello-you", True, [path])
    assert app.run(["tools", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"tools": {"hello-you": "unchanged"}}
    Path(path).write_bytes(b"changed")
    assert app.run(["tools", "verify"]) == 4
    assert "is not what was fetched any more" in capsys.readouterr().err
