"""Crane's registry belongs to one user at a time; what it holds is read back as it was pushed."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from paved.adapters import children, crane
from paved.adapters.tools import tool
from paved.errors import Conflict, EnvironmentProblem


def pushed(address: str, folder: Path) -> str:
    """Push an image of one layer with one file in it; return its reference."""
    (folder / "hello").write_text("hello")
    with tarfile.open(folder / "layer.tar", "w") as layer:
        layer.add(folder / "hello", "etc/hello")
    reference = f"{address}/example/hello:1"
    words = ["append", "--new_layer", str(folder / "layer.tar"), "--new_tag", reference]
    subprocess.run([tool("crane"), *words], check=True, capture_output=True)
    return reference


def test_a_registry_lasts_as_long_as_its_block(tmp_path: Path) -> None:
    """Something listens at the address in the block, and nothing does afterwards."""
    with crane.registry(tmp_path / "held", tmp_path / "log") as address:
        port = int(address.partition(":")[2])
        assert children.listens(port)
    assert not children.listens(port)


def test_a_folder_has_one_registry(tmp_path: Path) -> None:
    """A second registry in the same folder is a conflict."""
    with (
        crane.registry(tmp_path / "held", tmp_path / "log"),
        pytest.raises(Conflict, match="another registry works here"),
        crane.registry(tmp_path / "held", tmp_path / "log2"),
    ):
        pass


def test_an_image_is_laid_out_and_its_config_read(tmp_path: Path) -> None:
    """The layers' files are there, the archive is not, and absent settings have defaults."""
    with crane.registry(tmp_path / "held", tmp_path / "log") as address:
        reference = pushed(address, tmp_path)
        crane.unpack(reference, tmp_path / "root")
        config = crane.config(reference)
    assert (tmp_path / "root" / "etc" / "hello").read_text() == "hello"
    assert not (tmp_path / "root.tar").exists()
    assert (config.environment, config.command, config.folder) == ({}, (), "/")


def test_what_crane_says_is_passed_on(tmp_path: Path) -> None:
    """An image that is not there is told in crane's words, with the reference."""
    with crane.registry(tmp_path / "held", tmp_path / "log") as address:
        with pytest.raises(EnvironmentProblem, match=f"crane export {address}/none:1") as caught:
            crane.unpack(f"{address}/none:1", tmp_path / "root")
        assert "NAME_UNKNOWN" in str(caught.value) or "404" in str(caught.value)
