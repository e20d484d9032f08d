"""Pushing with a real crane to a real registry on loopback."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from oci_layout import index, push
from oci_layout.errors import LayoutError
from oci_layout.layout import entry_point

from rules_oci.tests.samples import image

CRANE = os.environ["PAVED_TOOL_CRANE"]


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """Serve an empty registry and yield its address."""
    command = [CRANE, "registry", "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = next(line for line in server.stderr if "serving on port" in line)
        yield "127.0.0.1:" + address.split()[-1]
        server.terminate()


def _crane(*arguments: str) -> str:
    return subprocess.run([CRANE, *arguments], check=True, capture_output=True, text=True).stdout


def test_an_image_is_pushed_by_digest_and_tagged(tmp_path: Path, registry: str):
    """The registry has the very manifest, under its digest and each tag of file and flags."""
    root, tags = image(tmp_path), tmp_path / "tags.txt"
    tags.write_text("1.0\nstable\n")
    repository = f"{registry}/team/app"
    fixed = ["--crane", CRANE, "--image", str(root), "--tags-file", str(tags)]
    assert push.main([*fixed, "--repository", repository, "--tag", "extra"]) == 0
    wanted = entry_point(root).digest
    assert _crane("digest", f"{repository}@{wanted}").strip() == wanted
    assert set(_crane("ls", repository).split()) >= {"1.0", "stable", "extra"}
    assert _crane("digest", f"{repository}:stable").strip() == wanted
    _crane("validate", "--fast", "--remote", f"{repository}:1.0")


def test_an_index_is_pushed_whole(tmp_path: Path, registry: str):
    """An index arrives with the images that it names; its repository may come from a file."""
    index.write(tmp_path / "index", [image(tmp_path)])
    where = tmp_path / "repository"
    where.write_text(f"{registry}/team/index\n")
    arguments = [
        "--crane",
        CRANE,
        "--image",
        str(tmp_path / "index"),
        "--repository-file",
        str(where),
    ]
    assert push.main([*arguments, "-t", "1"]) == 0
    _crane("validate", "--fast", "--remote", f"{registry}/team/index:1")


def test_a_later_repository_wins(tmp_path: Path, registry: str):
    """The user's `--repository` overrides the one that the target carries."""
    root = image(tmp_path)
    fixed = ["--crane", CRANE, "--image", str(root), "--repository", "registry.example.com/app"]
    assert push.main([*fixed, "-r", f"{registry}/over", "--insecure"]) == 0
    assert _crane("digest", f"{registry}/over@{entry_point(root).digest}")


def test_a_failed_push_is_not_tagged(tmp_path: Path):
    """When crane fails, its status is the result and no tag is tried."""
    marker = tmp_path / "calls"
    crane = tmp_path / "crane"
    crane.write_text(f'#!/bin/sh\necho "$1" >> "{marker}"\nexit 7\n')
    crane.chmod(0o755)
    arguments = [
        "--crane",
        str(crane),
        "--image",
        str(image(tmp_path)),
        "-r",
        "localhost/a",
        "-t",
        "1",
    ]
    assert push.main(arguments) == 7
    assert marker.read_text() == "push\n"


@pytest.mark.parametrize("repository", ["", "host/app:1", "host/app@sha256:00"])
def test_a_repository_without_tag_is_required(tmp_path: Path, repository: str):
    """No repository, or one with a tag or digest, is refused before crane runs."""
    with pytest.raises(LayoutError, match="--repository"):
        push.main(["--crane", "/none", "--image", str(image(tmp_path)), "-r", repository])
