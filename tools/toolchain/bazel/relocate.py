"""Make Debian's Bazel, unpacked into a folder, run from that folder.

Its files expect to lie at /usr. Programs get the folder's own loader and libraries, absolute
links become relative ones, and the server's class path is rewritten. The final path is written
into them: to move the folder, assemble it again. What is unpacked is `debian`'s business.
"""

import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from toolchain.problems import Problem, ToolchainError

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = f"{LIBRARIES}/ld-linux-x86-64.so.2"
INSTALL_BASE = "usr/share/bazel"
CLASS_PATH = f"{INSTALL_BASE}/bazel_classpath_debian_depends.txt"
PROGRAMS = ("usr/bin/bazel", "usr/libexec/*/bazel/*")
JAVA_PROGRAMS = ("bin/java", "lib/jspawnhelper")
MANIFEST = "META-INF/MANIFEST.MF"


def relocate(tree: Path, final: Path) -> None:
    """Rewrite `tree`, so that it runs once it has been moved to `final`.

    Raises:
        ToolchainError: the path cannot be used, or the packages are not laid out as expected.
    """
    if ":" in str(final):
        raise ToolchainError(_colon(final))
    relink(tree)
    home = tree / java_home(tree)
    libraries = str(final / LIBRARIES)
    _patch(tree, final, [p for glob in PROGRAMS for p in _programs(tree, glob)], libraries)
    java_path = f"{final / java_home(tree) / 'lib'}:{libraries}"
    _patch(tree, final, [home / name for name in JAVA_PROGRAMS], java_path)
    jars = class_path(tree)
    (tree / CLASS_PATH).write_text("".join(f"{final / jar}\n" for jar in jars), encoding="utf-8")


def java_home(tree: Path) -> Path:
    """Return the folder of the one Java in `tree`, relative to it; its name has the version."""
    pattern = "usr/lib/jvm/java-*/bin/java"
    homes = [path.parent.parent for path in tree.glob(pattern)]
    found = [home for home in homes if not home.is_symlink()]
    if len(found) != 1:
        raise _layout(f"{len(found)} Java runtimes", tree, f"one, at {pattern}")
    return found[0].relative_to(tree)


def relink(tree: Path) -> None:
    """Turn the absolute symbolic links in `tree` into relative ones that stay inside it."""
    for link in tree.rglob("*"):
        if link.is_symlink() and link.readlink().is_absolute():
            target = str(link.readlink()).lstrip("/")
            up = "../" * (len(link.relative_to(tree).parts) - 1)
            link.unlink()
            link.symlink_to(up + target)


def class_path(tree: Path) -> list[Path]:
    """Return the server's jars, relative to `tree`: the package's list, and what those name.

    A jar's manifest may name further jars by absolute path, which Java would look for at /usr.
    Jars that no package in `tree` has are left out, as Debian's own Bazel does without them.
    """
    path = tree / CLASS_PATH
    if not path.is_file():
        raise _layout("no class path file", tree, CLASS_PATH)
    waiting = [Path(line.lstrip("/")) for line in path.read_text(encoding="utf-8").split()]
    found: dict[Path, None] = {}
    while waiting:
        jar = waiting.pop(0)
        if jar not in found and (tree / jar).is_file():
            found[jar] = None
            waiting += _named_by_manifest(tree / jar, jar.parent)
    return list(found)


def _named_by_manifest(jar: Path, folder: Path) -> Iterator[Path]:
    with zipfile.ZipFile(jar) as opened:
        if MANIFEST not in opened.namelist():
            return
        text = opened.read(MANIFEST).decode().replace("\r\n", "\n").replace("\n ", "")
    match = re.search(r"^Class-Path: (.*)$", text, re.MULTILINE)
    for name in match[1].split() if match else ():
        yield Path(name.lstrip("/")) if name.startswith("/") else folder / name


def _programs(tree: Path, pattern: str) -> list[Path]:
    found = [path for path in sorted(tree.glob(pattern)) if not path.is_symlink()]
    if not found:
        raise _layout("no program", tree, pattern)
    return found


def _patch(tree: Path, final: Path, programs: list[Path], search: str) -> None:
    """Set loader and library search path of `programs`, with the patchelf in `tree` itself."""
    command: list[str | Path] = [tree / LOADER, "--library-path", tree / LIBRARIES]
    command += [tree / "usr/bin/patchelf", "--set-interpreter", final / LOADER]
    command += ["--force-rpath", "--set-rpath", search, *programs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _layout(f"patchelf failed: {done.stderr.strip()}", tree, "programs that it can patch")


def _layout(what: str, tree: Path, expected: str) -> ToolchainError:
    hint = "put a bazel (7.7.1 or a newer 7.x or 8.x) or bazelisk on PATH instead"
    return ToolchainError(Problem(what=what, where=str(tree), expected=expected, hint=hint))


def _colon(path: Path) -> Problem:
    return Problem(
        what="the cache's path has a colon in it, which search paths cannot hold",
        where=str(path),
        expected="a path without a colon",
        hint="set PAVED_CACHE to another folder",
    )
