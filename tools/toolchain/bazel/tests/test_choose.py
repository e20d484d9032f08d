"""Which Bazel is chosen, among programs that act as Bazel does when it is asked."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.bazel import assemble, choose
from toolchain.bazel.choose import Choice, Wanted
from toolchain.problems import ToolchainError

Program = Callable[..., Path]
DEBIANS = "Debian's Bazel 7.7.1"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return what makes a program: its version, and the commands at which it succeeds."""

    def make(name: str, version: str = "7.7.1", succeeds: str = "") -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f'#!/bin/sh\n[ "$1" != --version ] || {{ echo "bazel {version}"; exit; }}\n'
            f'case " $* " in {succeeds or "none"}) echo "{tmp_path}/base"; exit 0;; esac\nexit 1\n'
        )
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    """Return what a plain user of a plain checkout wants, with nothing on PATH."""
    checkout = tmp_path / "check out"
    checkout.mkdir()
    (checkout / "MODULE.bazel").write_text('module(name = "paved")\n')
    return Wanted(checkout, "7.7.1", {})


@pytest.fixture(autouse=True)
def _debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an assembled Bazel of Debian's in place; assembling is test_assemble's."""
    folder = tmp_path / "assembled"
    (folder / "usr/lib/jvm/java-25-openjdk/bin").mkdir(parents=True)
    (folder / "usr/lib/jvm/java-25-openjdk/bin/java").touch()
    bazel = assemble.Bazel(folder, "7.7.1", locked=True)
    monkeypatch.setattr(assemble, "debian_bazel", lambda: bazel)
    monkeypatch.setattr(assemble, "debian_modules", lambda: folder)


def test_bazel_on_path(wanted: Wanted, program: Program):
    """A fitting bazel that reaches a registry is taken, with that registry."""
    bazel = program("bazel", succeeds="*' mod graph '*")
    made = choose.choose(dataclasses.replace(wanted, on_path={"bazel": bazel}))
    assert made == Choice(bazel, "Bazel 7.7.1 (bazel on PATH), registry: bcr", "", None)


def test_bazelisk_after_bazel(wanted: Wanted, program: Program):
    """A bazel that does not fit is passed over for bazelisk."""
    programs = {
        "bazel": program("bazel", "6.5.0"),
        "bazelisk": program("bazelisk", "8.4.2", "*' mod graph '*"),
    }
    made = choose.choose(dataclasses.replace(wanted, on_path=programs))
    assert made.program == programs["bazelisk"]
    assert made.why == "Bazel 8.4.2 (bazelisk on PATH), registry: bcr"


def test_no_registry_reached(wanted: Wanted, program: Program):
    """A bazel that reaches no registry is kept if it works with Debian's modules."""
    bazel = program("bazel", succeeds="*' info install_base '*|*' test //:reads '*")
    made = choose.choose(dataclasses.replace(wanted, on_path={"bazel": bazel}))
    assert made.program == bazel
    assert made.why == "Bazel 7.7.1 (bazel on PATH), registry: mirror (no public one reached)"
    assert made.mirror is not None


def test_debians_with_reasons(wanted: Wanted, program: Program):
    """Debian's is the last resort, and says why each of the others was passed over."""
    programs = {
        "bazel": program("bazel", "9.0.0"),
        "bazelisk": program("bazelisk", succeeds="*' info install_base '*"),
    }
    made = choose.choose(dataclasses.replace(wanted, on_path=programs))
    assert made.why == (
        f"{DEBIANS} (bazel on PATH is 9.0.0, not 7.7.1 or a newer 7.x or 8.x; bazelisk on PATH "
        "(7.7.1) reaches no module registry, and fails with Debian's modules), registry: mirror"
    )


def test_nothing_on_path(wanted: Wanted):
    """With nothing on PATH it is Debian's, which is told where its parts are."""
    made = choose.choose(wanted)
    assert made.why == f"{DEBIANS} (no bazel or bazelisk on PATH), registry: mirror"
    assert "--server_javabase=" in made.startup


@pytest.mark.parametrize("name", ["path", "bazelisk"])
def test_forced_and_missing(wanted: Wanted, name: str):
    """A Bazel that is asked for and is not there is an error, not replaced by another."""
    with pytest.raises(ToolchainError, match=f"PAVED_BAZEL={name} cannot be used: not on PATH"):
        choose.choose(dataclasses.replace(wanted, bazel=name))


def test_forced_debian(wanted: Wanted, program: Program):
    """Debian's is taken before a fitting bazel when it is asked for."""
    programs = {"bazel": program("bazel", succeeds="*' mod graph '*")}
    made = choose.choose(dataclasses.replace(wanted, on_path=programs, bazel="debian"))
    assert made.why == f"{DEBIANS} (PAVED_BAZEL asks for it), registry: mirror"


def test_forced_program_and_registry(wanted: Wanted, program: Program):
    """A program named by path, with a registry named too, is taken without a trial."""
    bazel = program("mine")
    made = choose.choose(dataclasses.replace(wanted, bazel=str(bazel), modules="bcr"))
    assert made == Choice(bazel, f"Bazel 7.7.1 ({bazel}), registry: bcr (PAVED_REGISTRY)", "", None)


def test_wrong_settings(wanted: Wanted):
    """Every setting that has no such value is told of at once."""
    with pytest.raises(ToolchainError) as raised:
        choose.choose(dataclasses.replace(wanted, bazel="nix", modules="both"))
    assert [problem.expected for problem in raised.value.problems] == [
        "bcr or mirror",
        "path, bazelisk, debian, or the path of a program",
    ]


def test_newer_packages_have_to_work(
    wanted: Wanted, monkeypatch: pytest.MonkeyPatch, program: Program, tmp_path: Path
):
    """Packages newer than the lock are said to be, and are refused where the trial fails."""
    newer = assemble.Bazel(tmp_path / "assembled", "7.7.2", locked=False)
    monkeypatch.setattr(assemble, "debian_bazel", lambda: newer)
    newer.program.parent.mkdir(parents=True, exist_ok=True)
    newer.program.symlink_to(program("newer", "7.7.2"))
    with pytest.raises(ToolchainError, match=r"its Bazel 7\.7\.2 fails a trial"):
        choose.choose(wanted)
    newer.program.unlink()
    newer.program.symlink_to(program("newer", "7.7.2", "*' test //:reads '*"))
    assert "7.7.2, from newer packages than the locked" in choose.choose(wanted).why


PART = st.integers(min_value=0, max_value=30)


@given(st.tuples(PART, PART, PART))
def test_what_fits(version: tuple[int, int, int]):
    """A version fits from the oldest up to the last 8.x, whatever the number of digits."""
    text = ".".join(map(str, version))
    assert choose.fits(text, "7.7.1") == ((7, 7, 1) <= version < (9, 0, 0))


@pytest.mark.parametrize("version", ["", "7.7", "7.7.1rc1", "no version"])
def test_what_is_no_version(version: str):
    """What is not three numbers does not fit: a release candidate, an empty answer."""
    assert not choose.fits(version, "7.7.1")
