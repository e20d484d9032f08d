"""Credentials for a registry, from where `docker login` puts them, and its token exchange.

Reads `config.json` in $DOCKER_CONFIG or ~/.docker: `auths`, `credHelpers` and `credsStore`. Without
credentials it asks for an anonymous token. Left out: identity tokens and refreshing them.
"""

import base64
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paved.adapters.process import run
from paved.errors import EnvironmentProblem, InputError, Problem

_SECONDS: Final = 30.0
_PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore")
    auth: str = ""


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore")
    auths: dict[str, _Entry] = {}
    helpers: dict[str, str] = Field(default={}, alias="credHelpers")
    store: str = Field(default="", alias="credsStore")


class _Secret(BaseModel):
    model_config = ConfigDict(extra="ignore")
    username: str = Field(alias="Username")
    secret: str = Field(alias="Secret")


class _Token(BaseModel):
    model_config = ConfigDict(extra="ignore")
    token: str = ""
    access_token: str = ""


class Login:
    """The credentials used with one host.

    Args:
        host: the registry's host name and port.
        opener: what requests to a token service go through.
    """

    def __init__(self, host: str, opener: urllib.request.OpenerDirector) -> None:
        """Prepare; nothing is read until a registry asks for it."""
        self.headers: Mapping[str, str] = {}
        self._host = host
        self._opener = opener

    def meet(self, challenge: str) -> bool:
        """Meet a WWW-Authenticate challenge; return whether asking again makes sense.

        Raises:
            InputError: Docker's configuration cannot be read.
            EnvironmentProblem: a credential helper or the token service fails.
        """
        scheme, _, rest = challenge.partition(" ")
        basic = _basic(self._host)
        if scheme.lower() == "basic" and basic:
            self.headers = {"Authorization": f"Basic {basic}"}
            return True
        if scheme.lower() == "bearer":
            token = self._token(dict(_PARAMETER.findall(rest)), basic)
            self.headers = {"Authorization": f"Bearer {token}"}
            return True
        return False

    def _token(self, asked: Mapping[str, str], basic: str) -> str:
        realm = asked.get("realm", "")
        secure = realm.startswith(("https://", "http://localhost", "http://127."))
        if not secure:
            what = f"asks for credentials to be sent to {realm or 'nowhere'}"
            raise EnvironmentProblem(Problem(what, where=self._host, expected="an https address"))
        query = {name: asked[name] for name in ("service", "scope") if name in asked}
        address = f"{realm}?{urllib.parse.urlencode(query)}"
        headers = {"Authorization": f"Basic {basic}"} if basic else {}
        request = urllib.request.Request(address, headers=headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                found = _Token.model_validate_json(response.read())
        except (urllib.error.URLError, OSError, ValidationError) as error:
            what = f"gives no token: {error}"
            hint = f"docker login {self._host}"
            raise EnvironmentProblem(Problem(what, where=realm, hint=hint)) from error
        return found.token or found.access_token


def _basic(host: str) -> str:
    """Return base64 of user:password for `host`, or nothing where there is none."""
    folder = os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    path = Path(folder, "config.json")
    if not path.is_file():
        return ""
    try:
        config = _Config.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(Problem(f"cannot be read: {error}", where=str(path))) from error
    helper = config.helpers.get(host) or config.store
    if helper:
        return _ask_helper(helper, host)
    entry = config.auths.get(host) or config.auths.get(f"https://{host}")
    return entry.auth if entry else ""


def _ask_helper(helper: str, host: str) -> str:
    program = f"docker-credential-{helper}"
    done = run(
        [program, "get"], folder=Path.cwd(), env=os.environ, seconds=_SECONDS, stdin=host.encode()
    )
    if done.code:
        if b"not found" in done.out:
            return ""
        what = f"fails: {done.text or done.err.strip()}"
        raise EnvironmentProblem(Problem(what, where=program))
    try:
        found = _Secret.model_validate(json.loads(done.out))
    except (ValueError, ValidationError) as error:
        raise EnvironmentProblem(Problem("gives no credentials", where=program)) from error
    return base64.b64encode(f"{found.username}:{found.secret}".encode()).decode()
