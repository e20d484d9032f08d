"""The real base layer: its interpreter runs, as an ordinary user, with what services need."""

import json
import os
import subprocess
from pathlib import Path

import pytest

MODULES = (
    "asyncio bz2 ctypes curses decimal hashlib lzma mimetypes multiprocessing pwd readline socket "
    "sqlite3 ssl uuid zlib zoneinfo"
)
PROBE = f"""
import json, {", ".join(MODULES.split())}, os, sys
print(json.dumps({{
    "version": sys.version_info[:2],
    "authorities": len(ssl.create_default_context().get_ca_certs()),
    "zone": str(zoneinfo.ZoneInfo("Europe/Berlin")),
    "user": pwd.getpwuid(os.getuid()).pw_name,
    "port": socket.getservbyname("https"),
    "type": mimetypes.guess_type("a.svg")[0],
    "encoding": sys.getfilesystemencoding(),
    "path": sys.path,
}}))
"""


LACKING = """
import pathlib, subprocess
for path in (one for top in ("/usr/bin", "/usr/lib") for one in pathlib.Path(top).rglob("*")):
    if path.is_file() and not path.is_symlink() and path.open("rb").read(4) == b"\\x7fELF":
        loaded = subprocess.run(
            ["/lib64/ld-linux-x86-64.so.2", "--list", path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        if "not found" in loaded.stdout or "cannot open shared object" in loaded.stdout:
            print(path.name)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the layer, make the folder that the layer of wheels brings, and return where."""
    folder = tmp_path_factory.mktemp("root")
    tar = ["tar", "-x", "--no-same-owner", "-f", os.environ["BASE_TAR"], "-C", str(folder)]
    subprocess.run(tar, check=True)
    (folder / "usr/local/lib/python3.11/dist-packages").mkdir(parents=True)
    return folder


def _run(root: Path, *command: str) -> str:
    sandbox = [
        os.environ["PAVED_TOOL_BUBBLEWRAP"],
        "--unshare-all",
        *("--ro-bind", str(root), "/"),
        *("--proc", "/proc"),
        *("--dev", "/dev"),
        *("--uid", "65532", "--gid", "65532"),
        "--clearenv",
    ]
    done = subprocess.run([*sandbox, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_interpreter_has_what_services_need(root: Path):
    """The standard library's modules load, and users, zones, ports and authorities are known."""
    found = json.loads(_run(root, "/usr/bin/python3.11", "-c", PROBE))
    assert found["authorities"] > 100
    assert "/usr/local/lib/python3.11/dist-packages" in found["path"]
    del found["authorities"], found["path"]
    assert found == {
        "version": [3, 11],
        "zone": "Europe/Berlin",
        "user": "nonroot",
        "port": 443,
        "type": "image/svg+xml",
        "encoding": "utf-8",
    }


def test_every_library_finds_what_it_needs(root: Path):
    """No program or library lacks a shared library, but for the modules left out on purpose."""
    lacking = _run(root, "/usr/bin/python3.11", "-c", LACKING).split()
    assert {name.partition(".")[0] for name in lacking} == {"_dbm", "nis"}


def test_the_packages_are_recorded_for_scanners(root: Path):
    """status.d names the lock's packages with their versions, and each has its licence."""
    with Path(os.environ["BASE_LOCK"]).open(encoding="utf-8") as file:
        locked = {one["package"]: one["version"] for one in json.load(file)["packages"]}
    status = {path.name: path.read_text() for path in (root / "var/lib/dpkg/status.d").iterdir()}
    versions = {
        name: next(line for line in text.splitlines() if line.startswith("Version: "))[9:]
        for name, text in status.items()
    }
    assert versions == locked


def test_there_is_no_shell(root: Path):
    """No shell, no package manager and no program that runs with another user's rights."""
    programs = sorted(path.name for path in (root / "usr/bin").iterdir())
    assert programs == ["pdb3.11", "pydoc3.11", "pygettext3.11", "python3.11"]
    modes = [path.stat().st_mode for path in root.rglob("*") if path.is_file()]
    assert not any(mode & 0o6000 for mode in modes)
