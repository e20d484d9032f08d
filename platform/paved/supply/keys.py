"""The key that signs: one setting, or a development key made on first use.

PAVED_SIGNING_KEY takes any key reference that cosign takes. Without it, a key pair for development
lies in the user's data folder, never in a repository. The key's password is COSIGN_PASSWORD, empty
unless set.
Standard library only: a repository rule runs it. Left out: rotating keys.
"""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paved.adapters.cosign import Cosign
from paved.errors import Conflict, EnvironmentProblem, InputError, PavedError, Problem

SETTING: Final = "PAVED_SIGNING_KEY"
PRIVATE: Final = "cosign.key"
PUBLIC: Final = "cosign.pub"
_SCRATCH: Final = ".making-"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair.

    Args:
        reference: what cosign calls the private key: a path or a key-management address.
        public: the public key as PEM.
    """

    reference: str
    public: bytes


def is_address(reference: str) -> bool:
    """Return whether a key lies in a service rather than in a file."""
    return "://" in reference


def signing_key(environment: Mapping[str, str], cosign: Cosign) -> SigningKey:
    """Return the key that PAVED_SIGNING_KEY names, or the development key, made if need be.

    Args:
        environment: of the process.
        cosign: the program that makes and reads keys.

    Raises:
        InputError: the setting names no key.
        EnvironmentProblem: the development key cannot be written, or a service does not answer.
        Conflict: half of a development key pair is there.
    """
    setting = environment.get(SETTING, "")
    if not setting:
        folder = development_folder(environment)
        ensure_development_key(folder, cosign)
        return SigningKey(str(folder / PRIVATE), (folder / PUBLIC).read_bytes())
    if not is_address(setting):
        path = Path(setting).expanduser().absolute()
        if not path.is_file():
            raise InputError(Problem("names no file", where=SETTING, expected="a private key"))
        setting = str(path)
    return SigningKey(setting, cosign.public_key(setting))


def public_reference(environment: Mapping[str, str]) -> str:
    """Return the public key to verify with where none is given: a file, or a service's address.

    Raises:
        InputError: there is no development key yet, or no `.pub` beside the key in the setting.
    """
    setting = environment.get(SETTING, "")
    if is_address(setting):
        return setting
    private = Path(setting).expanduser() if setting else development_folder(environment) / PRIVATE
    public = private.with_suffix(".pub")
    if not public.is_file():
        what = "there is no public key to verify with"
        raise InputError(Problem(what, where=str(public), hint="name one with --key"))
    return str(public)


def development_folder(environment: Mapping[str, str]) -> Path:
    """Return where the development key pair lies, whether or not it is there yet."""
    home = environment.get("HOME") or str(Path.home())
    data = environment.get("XDG_DATA_HOME") or str(Path(home, ".local", "share"))
    return Path(data, "paved", "keys", "dev")


def ensure_development_key(folder: Path, cosign: Cosign) -> bool:
    """Make the key pair in `folder` unless it is there; return whether it was made.

    The pair appears at once or not at all, readable by its owner alone. Two callers at once get
    the same pair, and what a killed one left behind is cleared away.

    Raises:
        EnvironmentProblem: the folder cannot be written.
        Conflict: only half of a pair is there.
    """
    if _complete(folder):
        return False
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder.parent):
            if _complete(folder):
                return False
            _make(folder, cosign)
    except OSError as error:
        raise EnvironmentProblem(
            Problem(
                f"the development key cannot be written: {error.strerror}",
                where=str(folder),
                hint=f"set XDG_DATA_HOME to a folder that can be, or {SETTING} to a key",
            )
        ) from error
    return True


def _make(folder: Path, cosign: Cosign) -> None:
    for leftover in folder.parent.glob(f"{_SCRATCH}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder.parent))
    cosign.generate_key_pair(scratch)
    (scratch / PRIVATE).chmod(0o600)
    (scratch / PUBLIC).chmod(0o600)
    scratch.rename(folder)


def _complete(folder: Path) -> bool:
    here = [name for name in (PRIVATE, PUBLIC) if (folder / name).is_file()]
    if len(here) == 1:
        raise Conflict(
            Problem(
                f"has {here[0]} alone",
                where=str(folder),
                expected=f"{PRIVATE} and {PUBLIC}",
                hint="put the other half back, or move the folder away to get a new pair",
            )
        )
    return len(here) == 2  # noqa: PLR2004


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def main(program: Path, public: Path) -> int:
    """Write the public half of the signing key to `public`, print the private half's reference.

    Args:
        program: cosign.
        public: the file to write.
    """
    try:
        key = signing_key(os.environ, Cosign(program))
    except PavedError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    public.write_bytes(key.public)
    sys.stdout.write(f"{key.reference}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
