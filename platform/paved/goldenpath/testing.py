"""For tests: a platform repository made of the checkout's own templates, and orders from it.

A test's checkout need not be a Git repository (in Bazel's sandbox it is not one), and templates
are only rendered from commits.
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from paved.goldenpath.answers import Answers
from paved.goldenpath.scaffold import Order

ROOT = Path(__file__).parents[3]
TEMPLATES = ("copier.yml", "releases.json", "golden-paths")
EXAMPLES = ROOT / "golden-paths" / "service" / "examples"


def make_platform(folder: Path) -> Path:
    """Make a Git repository of one commit with the checkout's templates at `folder`."""
    folder.mkdir(parents=True)
    for name in TEMPLATES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copyfile(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit_all(folder)
    return folder


def commit_all(folder: Path) -> str:
    """Commit everything in `folder` and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=change")
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *words: str) -> str:
    """Run git in `folder` and return what it prints."""
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def order(
    target: Path,
    *,
    path: str = "service",
    recorded: Answers | None = None,
    commit: bool = False,
    **given: str,
) -> Order:
    """Return an order that asks nothing: `given` and recorded answers, defaults for the rest."""
    values: Mapping[str, str] = given
    return Order(
        path=path,
        target=target,
        recorded=recorded or Answers(),
        given=Answers(values),
        defaults=True,
        terminal=False,
        commit=commit,
    )
