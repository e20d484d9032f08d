"""Which program loads an image, and what it is given."""

from pathlib import Path

import pytest
from oci_layout.errors import LayoutError
from oci_layout.load import engine, main

from rules_oci.tests.samples import image

LOADER = """\
#!/bin/sh
echo "$1 $2" > "{folder}/called"
cp "$3" "{folder}/loaded.tar"
exit {status}
"""


def _loader(folder: Path, name: str, status: int = 0) -> Path:
    path = folder / name
    path.write_text(LOADER.format(folder=folder, status=status))
    path.chmod(0o755)
    return path


def _arguments(folder: Path, *further: str) -> list[str]:
    tags = folder / "tags.txt"
    tags.write_text("app:1\n")
    root = image(folder)
    return ["--image", str(root), "--tags", str(tags), "--format", "docker", *further]


@pytest.mark.parametrize("status", [0, 3])
def test_the_loader_gets_the_tar(tmp_path: Path, status: int):
    """The program is run with `load --input`, and its status is the result."""
    loader = _loader(tmp_path, "loader", status)
    assert main(_arguments(tmp_path, "--loader", str(loader))) == status
    assert (tmp_path / "called").read_text() == "load --input\n"
    assert b"manifest.json" in (tmp_path / "loaded.tar").read_bytes()


def test_an_engine_on_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without a loader the first engine on PATH is taken, docker before podman."""
    (tmp_path / "bin").mkdir()
    podman = _loader(tmp_path / "bin", "podman")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert engine("") == str(podman)
    docker = _loader(tmp_path / "bin", "docker")
    assert engine("") == str(docker)


def test_no_engine_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without any engine the message says which were looked for and what to set."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LayoutError, match=r"podman nor nerdctl(?s:.)*`loader`"):
        engine("")
