"""The programs of one Debian package. Its dependencies are not followed: it has to run alone."""

import shutil
from pathlib import Path

from toolchain import debian, mirror
from toolchain.locked.model import DebSource
from toolchain.problems import Problem, ToolchainError, Unfit

NOT_NEEDED = ("./usr/share/man", "./usr/share/bash-completion", "./usr/share/locale")


def unpack(source: DebSource, made: Path) -> None:
    """Fetch the package and put its programs into `made`/bin, its licence into `made`/licenses.

    Raises:
        Gone, Offline: see `debian.fetch`.
        Unfit: the machine has no apt.
    """
    if not Path(debian.APT_HELPER).exists():
        raise Unfit(mirror.no_apt())
    archives = debian.fetch([source.deb])
    tree = made / "unpacked"
    tree.mkdir()
    debian.unpack(archives, tree, NOT_NEEDED)
    for name, path in source.files.items():
        if not (tree / path).is_file():
            raise ToolchainError(missing(path, source.deb.path))
        shutil.move((tree / path).resolve(), made / "bin" / name)
    licence = tree / "usr/share/doc" / source.deb.package / "copyright"
    if licence.is_file():
        (made / "licenses").mkdir()
        shutil.move(licence, made / "licenses" / "copyright")
    shutil.rmtree(tree)


def missing(path: str, where: str) -> Problem:
    """Return the problem of an archive without the file that the lock names."""
    return Problem(
        what=f"does not hold {path}",
        where=where,
        expected="the program at the path that tools.lock.json names under `files`",
        hint="correct `files` in tools.lock.json",
    )
