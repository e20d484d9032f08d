"""Crane: a local registry to push to, and what stock tools read back from it."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from paved.adapters import children
from paved.adapters.tools import tool
from paved.errors import Conflict, EnvironmentProblem, InputError, Problem

START_SECONDS = 20
KEPT = 2000


@dataclass(frozen=True, slots=True)
class Config:
    """How an image wants to be run.

    Args:
        environment: its variables.
        command: entry point and arguments.
        folder: the working directory; "/" where the image names none.
    """

    environment: Mapping[str, str]
    command: Sequence[str]
    folder: str


class _Run(BaseModel):
    env: list[str] = Field(default=[], alias="Env")
    entrypoint: list[str] = Field(default=[], alias="Entrypoint")
    cmd: list[str] | None = Field(default=None, alias="Cmd")
    folder: str = Field(default="", alias="WorkingDir")


class _Image(BaseModel):
    config: _Run


@contextmanager
def registry(folder: Path, log: Path) -> Iterator[str]:
    """Run a registry on the loopback interface while the block lasts, and yield its HOST:PORT.

    Args:
        folder: gets its blobs; made here.
        log: a file that gets what it prints.

    Raises:
        Conflict: somebody else works in the folder.
        EnvironmentProblem: crane cannot be had, or does not start.
    """
    crane = str(tool("crane"))
    try:
        folder.mkdir()
    except FileExistsError as error:
        raise Conflict(Problem("another registry works here", where=str(folder))) from error
    port = children.free_port()
    address = f"127.0.0.1:{port}"
    command = [crane, "registry", "serve", "--address", address, "--disk", str(folder)]
    with children.running(command, log) as process:
        children.wait_until(lambda: children.listens(port), process, log, START_SECONDS)
        yield address


def unpack(reference: str, folder: Path) -> None:
    """Lay an image's layers, one on top of the other, out in a new folder, owned by this user.

    Raises:
        EnvironmentProblem: crane cannot be had, or it or tar fails; carries what they said.
    """
    archive = folder.with_name(f"{folder.name}.tar")
    folder.mkdir()
    try:
        _call(str(tool("crane")), "export", reference, str(archive))
        _call("tar", "--extract", f"--file={archive}", "--no-same-owner", f"--directory={folder}")
    finally:
        archive.unlink(missing_ok=True)


def config(reference: str) -> Config:
    """Return how an image wants to be run; raises as `unpack` does.

    Raises:
        InputError: the image's config is not one.
    """
    try:
        found = _Image.model_validate_json(_call(str(tool("crane")), "config", reference)).config
    except ValidationError as error:
        what = f"the image's config cannot be read: {error.errors()[0]['msg']}"
        raise InputError(Problem(what, where=reference)) from error
    variables = (entry.partition("=") for entry in found.env)
    return Config(
        environment={name: value for name, _, value in variables},
        command=(*found.entrypoint, *(found.cmd or ())),
        folder=found.folder or "/",
    )


def _call(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        where = " ".join([Path(command[0]).name, *command[1:3]])
        raise EnvironmentProblem(Problem(done.stderr.strip()[-KEPT:], where=where))
    return done.stdout
