"""Where the files of Python libraries go, and what is left out."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image.python_layer import Source, layer, main, mode, place, record

STEADY = settings(deadline=None)
ROOTS = ["_main/platform", "_main/services/orders/src", "_main/services"]
PARTS = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
DIST = "pypi_x/site-packages/x-1.dist-info"


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("_main/platform/chassis/http.py", "chassis/http.py"),
        ("_main/services/orders/src/orders/__init__.py", "orders/__init__.py"),
        ("_main/services/orders/data.json", "orders/data.json"),
        ("_main/platformer/x.py", "platformer/x.py"),
        ("paved~/other/x.txt", "other/x.txt"),
        ("_main/platform/chassis/__pycache__/http.cpython-311.pyc", None),
        ("_main/platform/chassis/http.pyc", None),
    ],
)
def test_a_file_of_ours_goes_below_its_import_root(name: str, to: str | None):
    """The longest import root above a file is taken off; without one, the repository is."""
    assert place(name, ROOTS, wheels=False) == to


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("pypi_x/site-packages/x/__init__.py", "x/__init__.py"),
        ("pypi_x/site-packages/x/bin/tool", "x/bin/tool"),
        (f"{DIST}/METADATA", "x-1.dist-info/METADATA"),
        (f"{DIST}/direct_url.json", None),
        (f"{DIST}/INSTALLER", None),
        (f"{DIST}/licenses/INSTALLER", None),
        ("pypi_x/site-packages/x/INSTALLER", "x/INSTALLER"),
        ("pypi_x/site-packages/bin/x", None),
        ("pypi_x/site-packages/.lock", None),
        ("pypi_x/requirement.txt", None),
    ],
)
def test_of_a_wheel_the_machines_own_notes_are_left_out(name: str, to: str | None):
    """Code and metadata stay; scripts and notes that name the machine's paths do not."""
    assert place(name, ["pypi_x/site-packages"], wheels=True) == to


@STEADY
@given(
    st.lists(st.lists(PARTS, min_size=1, max_size=3).map("/".join), max_size=4),
    st.lists(PARTS, min_size=2, max_size=5),
)
def test_a_place_is_the_end_of_the_name(roots: list[str], parts: list[str]):
    """Whatever the roots, a file keeps its name and its nearest folders, and never more."""
    name = "/".join(parts)
    to = place(name, roots, wheels=False)
    assert to is not None
    assert name.endswith(f"/{to}") or name == to
    assert all(
        len(name) - len(to) - 1 >= len(root) for root in roots if name.startswith(f"{root}/")
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"\x7fELF\x02", 0o755), (b"#!/bin/sh\n", 0o755), (b"import os\n", 0o644), (b"", 0o644)],
)
@pytest.mark.parametrize("checkout", [0o600, 0o777])
def test_modes_follow_the_content(tmp_path: Path, content: bytes, expected: int, checkout: int):
    """A program is executable and other files are not, whatever the checkout's modes are."""
    path = tmp_path / "file"
    path.write_bytes(content)
    path.chmod(checkout)
    assert mode(path) == expected


def test_the_record_lists_what_is_there():
    """A wheel's RECORD loses the files that are left out and keeps odd names and hashes."""
    text = 'x/b.py,sha256=1,2\nbin/x,sha256=host,9\n"x/a,b.py",sha256=3,4\nx-1.dist-info/RECORD,,\n'
    present = {"x/b.py", "x/a,b.py", "x-1.dist-info/RECORD"}
    kept = 'x-1.dist-info/RECORD,,\n"x/a,b.py",sha256=3,4\nx/b.py,sha256=1,2\n'
    assert record(text, present).decode() == kept


@STEADY
@given(st.sets(st.text('ab,"é =.', min_size=1), min_size=1))
def test_filtering_a_record_twice_changes_nothing(names: set[str]):
    """A RECORD that lists what is there stays as it is."""
    once = record(record("", set()).decode() + "\n".join(names), names)
    assert record(once.decode(), names) == once


def test_the_layer_is_the_same_for_two_machines(tmp_path: Path):
    """Scripts with another interpreter's path, and their hashes, do not reach the layer."""
    tars = []
    for machine in ("one", "other"):
        folder = tmp_path / machine
        files = {
            "x/__init__.py": "A = 1\n",
            "bin/x": f"#!/opt/{machine}/python\n",
            "x-1.dist-info/INSTALLER": machine,
            "x-1.dist-info/RECORD": f"bin/x,sha256={machine},9\nx/__init__.py,sha256=1,6\n",
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        sources = [Source(f"pypi_x/site-packages/{name}", folder / name) for name in files]
        output = io.BytesIO()
        layer(sources, "usr/lib", ["pypi_x/site-packages"], wheels=True).write(output)
        tars.append(output.getvalue())
    assert tars[0] == tars[1]
    assert b"other" not in tars[1]


def test_arguments_come_from_a_file(tmp_path: Path):
    """The rule's parameter file names sources with blanks and other odd characters."""
    source = tmp_path / "with blank=x.py"
    source.write_text("A = 1\n")
    arguments = tmp_path / "arguments"
    lines = [
        f"--output={tmp_path / 'out.tar'}",
        "--to=app",
        "--import=_main",
        f"--file=_main/a b.py\t{source}",
    ]
    arguments.write_text("\n".join(lines) + "\n")
    assert main([f"@{arguments}"]) == 0
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert tar.getnames() == ["app", "app/a b.py"]


def test_no_files_make_an_empty_layer(tmp_path: Path):
    """A service without wheels gets a layer with nothing in it, which is still a tar."""
    assert main([f"--output={tmp_path / 'out.tar'}", "--to=app", "--wheels"]) == 0
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert tar.getnames() == []
