"""bazelw itself: a copy of it in a checkout of its own, with a program that acts as Bazel."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import toolchain

BAZELW = Path(toolchain.__file__).parents[2] / "bazelw"
BAZEL = """#!/bin/sh
case "$*" in --version) echo "bazel 7.7.1"; exit;; *'mod graph') exit;; esac
echo "in $PWD"
for argument in "$@"; do echo "<$argument>"; done
exit 7
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What bazelw did: its status, the lines on stdout, and stderr."""

    status: int
    out: list[str]
    err: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout of paved with bazelw, and a PATH with a bazel."""

    folder: Path
    scratch: Path

    def run(self, *arguments: str, cwd: Path | None = None, **settings: str) -> Ran:
        """Run bazelw in `cwd` (the checkout where there is none)."""
        environ = {
            "HOME": str(self.scratch / "home"),
            "PATH": f"{self.scratch / 'bin'}:{os.environ['PATH']}",
            "PAVED_CACHE": str(self.scratch / "a cache"),
            **settings,
        }
        done = subprocess.run(
            [self.folder / "bazelw", *arguments],
            cwd=cwd or self.folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout.splitlines(), done.stderr)

    @property
    def choices(self) -> list[Path]:
        """The choices that are kept."""
        return sorted((self.scratch / "a cache" / "bazelw").glob("*/choice"))


def lay(folder: Path, name: str = "paved") -> Path:
    """Lay out a checkout of paved: bazelw, its cold half, and a module file."""
    ignored = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(Path(toolchain.__file__).parent, folder / "tools/toolchain", ignore=ignored)
    shutil.copy(BAZELW, folder / "bazelw")
    (folder / ".bazelversion").write_text("7.7.1\n")
    (folder / "MODULE.bazel").write_text(f'module(\n    name = "{name}",\n)\n')
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a checkout in a folder with a space."""
    program = tmp_path / "bin" / "bazel"
    program.parent.mkdir()
    program.write_text(BAZEL)
    program.chmod(0o755)
    return Checkout(lay(tmp_path / "check out"), tmp_path)


def workspace(folder: Path, module: str) -> Path:
    """Make a workspace with a folder in it; return that folder."""
    (folder / "deep" / "down").mkdir(parents=True)
    (folder / "MODULE.bazel").write_text(module)
    return folder / "deep" / "down"


def few_tools(folder: Path) -> Path:
    """Make a folder with the few programs that a bare machine has; return it."""
    tools = folder / "few tools"
    tools.mkdir()
    for name in ("bash", "cksum", "readlink", "sh", "stat", "tr"):
        (tools / name).symlink_to(shutil.which(name) or "")
    return tools


def options(ran: Ran) -> list[str]:
    """Return the names of the rc files that Bazel was given."""
    return [Path(line.strip("<>")).name for line in ran.out if line.startswith("<--bazelrc=")]


def test_hands_over(checkout: Checkout):
    """Arguments arrive whole, the status is Bazel's, and bazelw's one line is on stderr."""
    ran = checkout.run("build", "//a b", "")
    assert ran.out[-3:] == ["<build>", "<//a b>", "<>"]
    assert ran.status == 7
    assert ran.err.splitlines()[-1] == "bazelw: Bazel 7.7.1 (bazel on PATH), registry: bcr"
    assert options(ran) == ["bazel.rc", "paved.rc"]


def test_choice_is_kept(checkout: Checkout):
    """The second call asks nothing and says only which Bazel it is."""
    checkout.run("info")
    [choice] = checkout.choices
    before = choice.stat().st_mtime_ns
    assert checkout.run("info").err == "bazelw: Bazel 7.7.1 (bazel on PATH), registry: bcr\n"
    assert choice.stat().st_mtime_ns == before


@pytest.mark.parametrize("changed", [".bazelversion", "tools/toolchain/bazel.lock.json"])
def test_choice_is_made_anew(checkout: Checkout, changed: str):
    """A newer file that the choice was made from makes the next call choose again."""
    checkout.run("info")
    [choice] = checkout.choices
    before = choice.stat()
    os.utime(checkout.folder / changed, ns=(before.st_mtime_ns + 10**9,) * 2)
    checkout.run("info")
    assert choice.stat().st_mtime_ns != before.st_mtime_ns


def test_another_bazel_on_path(checkout: Checkout):
    """A bazel that appears or changes on PATH is looked at again."""
    checkout.run("info")
    (checkout.scratch / "bin/bazel").write_text(BAZEL.replace("7.7.1", "8.4.20"))
    assert "Bazel 8.4.20" in checkout.run("info").err


def test_elsewhere(checkout: Checkout):
    """Outside any workspace bazelw runs in its own checkout."""
    elsewhere = checkout.scratch / "else where"
    elsewhere.mkdir()
    assert checkout.run("info", cwd=elsewhere).out[0] == f"in {checkout.folder}"


def test_workspace_that_depends_on_paved(checkout: Checkout):
    """In such a workspace bazelw stays where it is called, and gives it this checkout."""
    inside = workspace(checkout.scratch / "a service", 'bazel_dep(name = "paved", version = "0")\n')
    ran = checkout.run("test", cwd=inside)
    assert ran.out[0] == f"in {inside}"
    assert options(ran) == ["bazel.rc", "consumer.rc"]
    consumer = checkout.choices[0].with_name("consumer.rc").read_text()
    assert f'common "--override_module=paved={checkout.folder}"\n' in consumer


def test_workspace_of_somebody_else(checkout: Checkout):
    """A workspace without paved is given no module that it did not ask for."""
    inside = workspace(checkout.scratch / "other", 'bazel_dep(name = "rules_cc", version = "1")\n')
    assert options(checkout.run("test", cwd=inside)) == ["bazel.rc"]


def test_another_checkout(checkout: Checkout):
    """In another checkout of paved that one's own bazelw runs."""
    other = lay(checkout.scratch / "second clone")
    ran = checkout.run("info", cwd=other)
    assert ran.out[0] == f"in {other}"
    assert len(checkout.choices) == 1
    assert str(other) in checkout.choices[0].read_text()


def test_called_by_a_link(checkout: Checkout):
    """A symbolic link to bazelw runs it for the checkout that it lies in."""
    link = checkout.scratch / "bin" / "pavedbazel"
    link.symlink_to(checkout.folder / "bazelw")
    done = subprocess.run(
        [link, "info"],
        cwd=checkout.scratch,
        env={"HOME": str(checkout.scratch), "PATH": f"{link.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[0] == f"in {checkout.folder}"


def test_a_link_named_bazel(checkout: Checkout):
    """A link to bazelw on PATH under the name bazel does not choose itself."""
    (checkout.scratch / "bin/bazel").unlink()
    (checkout.scratch / "bin/bazel").symlink_to(checkout.folder / "bazelw")
    ran = checkout.run("info", PAVED_BAZEL="path")
    assert ran.status == 4
    assert "PAVED_BAZEL=path cannot be used: not on PATH" in ran.err


def test_no_compiler(checkout: Checkout):
    """Without a C compiler Bazel is given a program that says so, and only then."""
    tools = few_tools(checkout.scratch)
    (tools / "python3").symlink_to(sys.executable)
    path = f"{checkout.scratch / 'bin'}:{tools}"
    assert checkout.run("info", PATH=path).status == 7
    [rc] = [choice.with_name("bazel.rc").read_text() for choice in checkout.choices]
    program = rc.removeprefix('common "--repo_env=CC=').removesuffix('"\n')
    said = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (said.returncode, "apt-get install g++" in said.stderr) == (1, True)
    checkout.run("info", PATH=path, CC="clang")
    assert checkout.choices[0].with_name("bazel.rc").read_text() == ""


def test_no_python(checkout: Checkout):
    """Without a fitting Python the error says how to get one."""
    ran = checkout.run("info", PATH=str(few_tools(checkout.scratch)))
    assert ran.status == 4
    assert "hint: apt-get install python3" in ran.err


def test_wrong_setting(checkout: Checkout):
    """A wrong setting is an error without a traceback, and nothing is run."""
    ran = checkout.run("info", PAVED_REGISTRY="both")
    assert (ran.status, ran.out) == (4, [])
    assert "'both' is not a value of PAVED_REGISTRY" in ran.err
    assert "Traceback" not in ran.err


def test_cache_of_somebody_else(checkout: Checkout):
    """A cache that cannot be written is an error that names it."""
    (checkout.scratch / "a cache").write_text("not a folder")
    ran = checkout.run("info")
    assert ran.status == 4
    assert "Traceback" not in ran.err
    assert str(checkout.scratch / "a cache") in ran.err
