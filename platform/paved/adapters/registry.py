"""A container registry over the OCI distribution API 1.1: manifests and blobs, both ways.

Left out: deleting, mounting blobs between repositories, chunked uploads.
"""

import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

from paved.adapters.registry_http import LIMIT, Transport
from paved.errors import EnvironmentProblem, InputError, Problem

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_ACCEPT: Final = {"Accept": f"{MANIFEST}, {INDEX}"}
_REFERENCE: Final = re.compile(
    r"(?P<host>localhost(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?|[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+)/"
    r"(?P<repository>[a-z0-9]+(?:(?:\.|_{1,2}|-+|/)[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's place: HOST/REPOSITORY[:TAG][@DIGEST]."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Return `text` as a reference.

        Raises:
            InputError: it is not one; the host is never guessed.
        """
        found = _REFERENCE.fullmatch(text)
        if found is None:
            expected = "HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:..."
            raise InputError(Problem("is no image reference", where=text, expected=expected))
        return cls(found["host"], found["repository"], found["tag"] or "", found["digest"] or "")

    @staticmethod
    def fits(text: str) -> bool:
        """Return whether `text` is a reference."""
        return _REFERENCE.fullmatch(text) is not None

    @property
    def name(self) -> str:
        """What the registry is asked for: the digest where there is one, else the tag."""
        return self.digest or self.tag or "latest"

    def at(self, digest: str) -> "Reference":
        """Return the same repository pinned to `digest`."""
        return replace(self, tag="", digest=digest)

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest's bytes and media type."""

    content: bytes
    media_type: str


class Registry:
    """One registry.

    Every method raises EnvironmentProblem where the registry does not answer or lets nobody in.

    Args:
        host: host name, with a port where it is not the scheme's own.
        plain_http: speak plain HTTP to a host that is not this machine.
    """

    def __init__(self, host: str, *, plain_http: bool = False) -> None:
        """Prepare to speak to `host`; nothing is sent yet."""
        self._host = host
        self._transport = Transport(host, plain_http=plain_http)

    def manifest(self, reference: Reference) -> Stored:
        """Return the manifest that `reference` names, by digest if it has one.

        Raises:
            InputError: there is none.
        """
        stored = self.find_manifest(reference.repository, reference.name)
        if stored is None:
            raise InputError(Problem("there is no such image", where=str(reference)))
        return stored

    def find_manifest(self, repository: str, name: str) -> Stored | None:
        """Return the manifest with the tag or digest `name`, or None."""
        path = f"{repository}/manifests/{name}"
        answer = self._transport.ask("GET", path, _ACCEPT)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if len(answer.body) > LIMIT:
            what = f"serves a manifest of more than {LIMIT:,} bytes"
            raise EnvironmentProblem(Problem(what, where=f"{self._host}/{path}"))
        return Stored(answer.body, answer.headers.get("content-type", ""))

    def has_manifest(self, repository: str, name: str) -> bool:
        """Return whether there is a manifest with the tag or digest `name`."""
        path = f"{repository}/manifests/{name}"
        return self._transport.ask("HEAD", path, _ACCEPT).status != HTTPStatus.NOT_FOUND

    def put_manifest(self, repository: str, name: str, stored: Stored) -> bool:
        """Store a manifest; return whether the registry lists it as a referrer by itself."""
        headers = {"Content-Type": stored.media_type}
        path = f"{repository}/manifests/{name}"
        return "oci-subject" in self._put(path, headers, stored.content)

    def blob_size(self, repository: str, digest: str) -> int | None:
        """Return a blob's size in bytes, or None where the repository does not have it."""
        answer = self._transport.ask("HEAD", f"{repository}/blobs/{digest}")
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return int(answer.headers.get("content-length", "-1"))

    def put_blob(self, repository: str, digest: str, content: Path) -> None:
        """Store a file's content as the blob `digest`, in one piece."""
        uploads = f"{repository}/blobs/uploads/"
        begun = self._transport.ask("POST", uploads, body=b"")
        place = begun.headers.get("location")
        if begun.status == HTTPStatus.NOT_FOUND or not place:
            what = f"takes no uploads to {repository}"
            raise EnvironmentProblem(Problem(what, where=self._host))
        address = urljoin(uploads, place)
        separator = "&" if urlsplit(address).query else "?"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(content.stat().st_size),
        }
        self._put(f"{address}{separator}digest={quote(digest, safe='')}", headers, content)

    def _put(self, path: str, headers: dict[str, str], body: bytes | Path) -> set[str]:
        """Store something and return the names of the answer's headers."""
        answer = self._transport.ask("PUT", path, headers, body)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise EnvironmentProblem(Problem("does not take this", where=f"{self._host}: {path}"))
        return set(answer.headers)
