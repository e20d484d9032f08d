"""Making an unpacked tree run where it is; the programs themselves are tried by bazelw."""

import zipfile
from pathlib import Path

import pytest

from toolchain.bazel import relocate
from toolchain.problems import ToolchainError


def jar(tree: Path, name: str, class_path: str = "") -> None:
    """Write a jar that names others, its manifest folded as the jar format has it."""
    path = tree / "usr/share/java" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"Class-Path: {class_path}" if class_path else "Created-By: a test"
    folded = "\r\n ".join(line[start : start + 40] for start in range(0, len(line), 40))
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\n{folded}\r\n\r\n")


def listed(tree: Path, *names: str) -> None:
    """Write the package's own class path file."""
    path = tree / relocate.CLASS_PATH
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"/usr/share/java/{name}\n" for name in names))


def names(tree: Path) -> list[str]:
    """Return the file names of the class path."""
    return [jar.name for jar in relocate.class_path(tree)]


def test_class_path_is_completed(tmp_path: Path):
    """Jars that manifests name, relative or absolute, over several steps, follow the list."""
    listed(tmp_path, "a.jar", "b.jar", "missing.jar")
    jar(tmp_path, "a.jar", "c.jar /usr/share/java/d.jar not-packaged-anywhere.jar")
    jar(tmp_path, "b.jar")
    jar(tmp_path, "c.jar", "/usr/share/java/a.jar e.jar")
    jar(tmp_path, "d.jar")
    jar(tmp_path, "e.jar")
    assert names(tmp_path) == ["a.jar", "b.jar", "c.jar", "d.jar", "e.jar"]


def test_links_stay_inside(tmp_path: Path):
    """Absolute links become relative ones, so that the tree can be moved; others stay."""
    tree, moved = tmp_path / "tree", tmp_path / "moved"
    (tree / "etc/java").mkdir(parents=True)
    (tree / "usr/lib/jvm").mkdir(parents=True)
    (tree / "etc/java/cfg").write_text("settings")
    (tree / "usr/lib/jvm/cfg").symlink_to("/etc/java/cfg")
    (tree / "usr/lib/jvm/again").symlink_to("cfg")
    relocate.relink(tree)
    tree.rename(moved)
    assert (moved / "usr/lib/jvm/again").read_text() == "settings"
    assert str((moved / "usr/lib/jvm/cfg").readlink()) == "../../../etc/java/cfg"


def test_java_is_found_by_shape(tmp_path: Path):
    """The Java runtime is found whatever its version, aliases of it not counted."""
    home = tmp_path / "usr/lib/jvm/java-99-openjdk-amd64"
    (home / "bin").mkdir(parents=True)
    (home / "bin/java").touch()
    (home.parent / "java-1.99.0-openjdk-amd64").symlink_to(home.name)
    assert relocate.java_home(tmp_path) == Path("usr/lib/jvm/java-99-openjdk-amd64")


def test_no_java(tmp_path: Path):
    """Packages without a Java runtime give an error that says what was looked for."""
    with pytest.raises(ToolchainError, match="0 Java runtimes") as raised:
        relocate.java_home(tmp_path)
    assert raised.value.problems[0].hint


def test_colon_in_the_path(tmp_path: Path):
    """A cache whose path search paths cannot hold is refused before anything is changed."""
    with pytest.raises(ToolchainError, match="colon"):
        relocate.relocate(tmp_path, Path("/a:b"))
