"""Requests to one registry: schemes, retries, credentials, and failures as this project's errors.

HTTPS, or plain HTTP on this machine and where it is asked for. What the requests mean is
`registry`'s business.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urljoin, urlsplit

import stamina
import stamina.instrumentation

from paved.adapters.registry_login import Login
from paved.errors import EnvironmentProblem, Problem

LIMIT: Final = 4 * 2**20
"""Bytes of an answer that are read: the limit of a manifest in the distribution specification."""

_SECONDS: Final = 60.0
_ATTEMPTS: Final = 4
_RETRY_SECONDS: Final = 90.0
_TRANSIENT: Final = frozenset({408, 429, 500, 502, 503, 504})
_LOOPBACK: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a registry said; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _TransientError(Exception):
    """A failure that another try may not meet."""


class Transport:
    """Requests to one host.

    Args:
        host: host name, with a port where it is not the scheme's own.
        plain_http: speak plain HTTP to a host that is not this machine.
    """

    def __init__(self, host: str, *, plain_http: bool) -> None:
        """Prepare to speak to `host`; nothing is sent yet."""
        local = _LOOPBACK.fullmatch(host) is not None
        self._host = host
        self._base = f"{'http' if local or plain_http else 'https'}://{host}/v2/"
        self._opener = urllib.request.build_opener(
            *([urllib.request.ProxyHandler({})] if local else [])
        )
        self._login = Login(host, self._opener)
        # The default hook writes to standard output, which is for data.
        stamina.instrumentation.set_on_retry_hooks([])

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Path | None = None,
    ) -> Answer:
        """Send one request and return the answer, which succeeded or is 404 Not Found.

        Args:
            method: an HTTP method.
            path: below /v2/, or a full address.
            headers: further ones.
            body: bytes, or a file that is streamed; then `headers` has its Content-Length.

        Raises:
            EnvironmentProblem: no answer, even after some tries, or any other status.
        """
        address = urljoin(self._base, path)
        retries = stamina.retry_context(
            on=_TransientError, attempts=_ATTEMPTS, timeout=_RETRY_SECONDS
        )
        try:
            for attempt in retries:
                with attempt:
                    answer = self._try(method, address, headers or {}, body)
        except _TransientError as error:
            what = f"does not answer {method}: {error}"
            hint = "is it running, and reachable from here?"
            raise EnvironmentProblem(Problem(what, where=self._host, hint=hint)) from error
        if answer.status < HTTPStatus.MULTIPLE_CHOICES or answer.status == HTTPStatus.NOT_FOUND:
            return answer
        raise self._refusal(method, address, answer)

    def _try(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | Path | None
    ) -> Answer:
        answer = self._send(method, address, headers, body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            challenge = answer.headers.get("www-authenticate", "")
            if self._login.meet(challenge):
                answer = self._send(method, address, headers, body)
        if answer.status in _TRANSIENT:
            message = f"status {answer.status}{_reason(answer.body)}"
            raise _TransientError(message)
        return answer

    def _send(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | Path | None
    ) -> Answer:
        own = urlsplit(address).netloc == self._host
        sent = {**headers, **(self._login.headers if own else {})}
        try:
            with _opened(body) as content:
                request = urllib.request.Request(  # noqa: S310
                    address, data=content, headers=sent, method=method
                )
                with self._opener.open(request, timeout=_SECONDS) as response:
                    return _answer(response.status, response.headers, response.read(LIMIT + 1))
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read(LIMIT))
        except urllib.error.URLError as error:
            raise _TransientError(str(error.reason)) from error
        except (HTTPException, OSError) as error:
            raise _TransientError(str(error) or type(error).__name__) from error

    def _refusal(self, method: str, address: str, answer: Answer) -> EnvironmentProblem:
        denied = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        what = f"answers {method} with status {answer.status}{_reason(answer.body)}"
        hint = f"docker login {self._host}" if denied else ""
        return EnvironmentProblem(Problem(what, where=address, hint=hint))


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


def _opened(body: bytes | Path | None) -> AbstractContextManager[bytes | BinaryIO | None]:
    return body.open("rb") if isinstance(body, Path) else nullcontext(body)


def _reason(body: bytes) -> str:
    """Return the message of an OCI error document, or nothing."""
    try:
        errors = json.loads(body)["errors"]
        return ": " + "; ".join(str(item.get("message") or item["code"]) for item in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
