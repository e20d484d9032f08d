"""Stock cosign, the only file that knows its flags.

Everything here works with a key and without a transparency log: signing needs no network unless
the key lies in a key-management service. Key references are cosign's own: a file, or
awskms://, gcpkms://, azurekms://, hashivault://, k8s://.
Standard library only: build actions that run on every edit import it. Left out: keyless signing.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paved.adapters.process import Done, run
from paved.errors import EnvironmentProblem, InputError, PavedError, Problem, Refused

OLDEST = (3, 0, 4)
"""Before this release, verification with a key alone asked for a trust root from the network."""

_PASSWORD = "COSIGN_PASSWORD"  # noqa: S105
_SECONDS = 120.0
_NEEDED_FLAGS = ("--bundle", "--digestAlg", "--insecure-ignore-tlog", "--type")
_OFFLINE = "--insecure-ignore-tlog"

# What cosign says, what it means, and the error that it is here.
_MEANINGS: Sequence[tuple[str, type[PavedError], str, str]] = (
    ("do not match threshold", Refused, "no signature in it is by this key", ""),
    ("could not verify envelope", Refused, "no signature in it is by this key", ""),
    ("invalid signature when validating", Refused, "no signature in it is by this key", ""),
    ("digest does not match any digest", Refused, "it signs another digest", ""),
    ("invalid predicate type", Refused, "it makes another kind of statement", ""),
    ("no signatures found", Refused, "it is not signed", ""),
    ("no matching signatures", Refused, "no signature is by this key", ""),
    ("no matching attestations", Refused, "no such statement by this key is attached", ""),
    ("no attestations", Refused, "no such statement is attached", ""),
    ("none of the attestations", Refused, "no such statement by this key is attached", ""),
    ("decryption failed", InputError, "the key does not open", f"set {_PASSWORD}"),
    ("unknown public key pem file type", InputError, "this is no public key", ""),
    ("unsupported pem type", InputError, "this is no cosign key", ""),
    ("pem decoding failed", InputError, "this is no cosign key", ""),
    ("no such file or directory", InputError, "there is no such file", ""),
    ("is a directory", InputError, "a folder is no key", ""),
)


@dataclass(frozen=True, slots=True)
class Cosign:
    """One cosign program.

    Args:
        program: the binary's path.
    """

    program: Path

    def version(self) -> str:
        """Return the version cosign reports, `devel` for builds that were not stamped."""
        done = self._run(["version", "--json"], where=str(self.program))
        try:
            return str(json.loads(done.out)["gitVersion"])
        except (ValueError, KeyError, TypeError) as error:
            raise EnvironmentProblem(_unfit(self.program, "does not tell its version")) from error

    def require_supported(self) -> str:
        """Return the version if it is one that this adapter speaks to.

        A build that reports no version is judged by the flags it offers.

        Raises:
            EnvironmentProblem: it is too old, too new, or lacks a flag.
        """
        version = self.version()
        numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
        if numbers:
            if not OLDEST <= tuple(map(int, numbers.groups())) < (4,):
                raise EnvironmentProblem(_unfit(self.program, f"is version {version}"))
            return version
        done = self._run(["verify-blob-attestation", "--help"], where=str(self.program))
        offered = done.text + done.err
        if lacking := [flag for flag in _NEEDED_FLAGS if flag not in offered]:
            raise EnvironmentProblem(_unfit(self.program, f"lacks {', '.join(lacking)}"))
        return version

    def generate_key_pair(self, folder: Path) -> None:
        """Write `cosign.key`, encrypted with COSIGN_PASSWORD or "", and `cosign.pub`."""
        self._run(["generate-key-pair"], where=str(folder), folder=folder)

    def public_key(self, key: str) -> bytes:
        """Return the public half of the private key `key` as PEM."""
        return self._run(["public-key", "--key", key], where=key).out

    def attest(self, statement: Path, *, key: str, bundle: Path) -> None:
        """Sign an in-toto statement as it is and write the Sigstore bundle.

        Raises:
            InputError: there is no such key, or COSIGN_PASSWORD does not open it.
            EnvironmentProblem: cosign or the key-management service does not answer.
        """
        flags = ["--yes", "--tlog-upload=false", "--use-signing-config=false"]
        files = ["--statement", str(statement), "--bundle", str(bundle)]
        self._run(["attest-blob", *flags, "--key", key, *files], where=key)

    def verify_bundle(self, bundle: bytes, *, key: str, digest: str, predicate_type: str) -> None:
        """Check that `bundle` is a statement of `predicate_type` about `digest`, signed by `key`.

        Args:
            bundle: the Sigstore bundle.
            key: the public key.
            digest: the subject's OCI digest.
            predicate_type: the URI that the statement must have.

        Raises:
            Refused: it is not.
            InputError: `key` is no public key.
        """
        algorithm, _, value = digest.partition(":")
        with tempfile.NamedTemporaryFile(suffix=".sigstore.json") as file:
            file.write(bundle)
            file.flush()
            subject = ["--digest", value, "--digestAlg", algorithm, "--type", predicate_type]
            flags = ["--bundle", file.name, "--key", key, *subject, _OFFLINE]
            self._run(["verify-blob-attestation", *flags], where=predicate_type, otherwise=Refused)

    def verify_image(self, reference: str, *, key: str, plain_http: bool = False) -> None:
        """Check that the image in a registry carries a signature by `key`.

        Raises:
            Refused: it does not.
        """
        flags = [*_registry_flags(plain_http=plain_http), "--key", key, _OFFLINE]
        self._run(["verify", *flags, reference], where=reference, otherwise=Refused)

    def verify_attestation(
        self, reference: str, *, key: str, predicate_type: str, plain_http: bool = False
    ) -> Sequence[bytes]:
        """Return the DSSE envelopes of one predicate type that `key` signed for an image.

        Raises:
            Refused: there is none.
        """
        flags = [*_registry_flags(plain_http=plain_http), "--key", key, _OFFLINE]
        command = ["verify-attestation", *flags, "--type", predicate_type, reference]
        done = self._run(command, where=reference, otherwise=Refused)
        return [line for line in done.out.splitlines() if line.strip()]

    def _run(
        self,
        arguments: Sequence[str],
        *,
        where: str,
        folder: Path | None = None,
        otherwise: type[PavedError] = EnvironmentProblem,
    ) -> Done:
        command = [str(self.program), *arguments]
        done = run(command, folder=folder or Path.cwd(), env=_environment(), seconds=_SECONDS)
        if done.code:
            raise _translated(done.err, where, otherwise)
        return done


def locate() -> Cosign:
    """Return the locked cosign.

    Raises:
        EnvironmentProblem: it is not here and cannot be fetched.
    """
    from paved.adapters.tools import tool  # noqa: PLC0415 - build actions are given the program

    return Cosign(tool("cosign"))


def _environment() -> Mapping[str, str]:
    return {_PASSWORD: "", **os.environ}


def _registry_flags(*, plain_http: bool) -> Sequence[str]:
    flags = ["--new-bundle-format"]
    return [*flags, "--allow-http-registry"] if plain_http else flags


def _translated(said: str, where: str, otherwise: type[PavedError]) -> PavedError:
    lowered = said.lower()
    for sign, error, what, hint in _MEANINGS:
        if sign in lowered:
            return error(Problem(what, where=where, hint=hint))
    lines = [line for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "no message"
    reason = last.removeprefix("error during command execution: ")
    return otherwise(Problem(f"cosign says: {reason}", where=where))


def _unfit(program: Path, what: str) -> Problem:
    return Problem(
        f"this cosign {what}",
        where=str(program),
        expected=f"3.x, at least {'.'.join(map(str, OLDEST))}",
        hint="unset PAVED_TOOL_COSIGN to use the locked one",
    )
