"""The registry client against a server that misbehaves on purpose."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina

from paved.adapters.registry import Reference, Registry, Stored
from paved.errors import EnvironmentProblem, InputError

CONTENT = Stored(b"{}", "application/vnd.oci.image.manifest.v1+json")
DIGEST = f"sha256:{'0' * 64}"
Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Seen:
    """One request that the server got."""

    method: str
    path: str
    authorization: str
    body: bytes


@dataclass
class Server:
    """A server whose answers a test decides."""

    host: str = ""
    answer: Callable[[Seen], Reply] = lambda _: (404, {}, b"")
    seen: list[Seen] = field(default_factory=list)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            authorization = self.headers.get("Authorization", "")
            seen = Seen(self.command, self.path, authorization, body)
            server.seen.append(seen)
            status, headers, content = server.answer(seen)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve on a free loopback port."""
    server = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as listening:
        server.host = f"127.0.0.1:{listening.server_port}"
        Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        listening.shutdown()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Try again without waiting, and know no one's credentials."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


def _log_in(folder: Path, host: str) -> None:
    auth = base64.b64encode(b"me:secret").decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_tried_again(server: Server, status: int) -> None:
    """Two faulty answers and then a good one give the good one."""
    replies: Iterator[Reply] = iter([(status, {}, b""), (status, {}, b""), (200, {}, b"{}")])
    server.answer = lambda _: next(replies)
    assert Registry(server.host).find_manifest("orders", "v1") == Stored(b"{}", "")


def test_a_lasting_fault_is_told(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """A fault that lasts is an environment problem with the registry's own words, and no noise."""
    words = json.dumps({"errors": [{"code": "UNAVAILABLE", "message": "disk full"}]}).encode()
    server.answer = lambda _: (503, {}, words)
    with pytest.raises(EnvironmentProblem, match="status 503: disk full"):
        Registry(server.host).find_manifest("orders", "v1")
    assert len(server.seen) == 3
    assert capfd.readouterr() == ("", "")


def test_a_wrong_request_is_not_repeated(server: Server) -> None:
    """An answer that says the request is wrong is told at once, with the registry's words."""
    words = json.dumps({"errors": [{"code": "NAME_INVALID"}]}).encode()
    server.answer = lambda _: (400, {}, words)
    with pytest.raises(EnvironmentProblem, match="status 400: NAME_INVALID"):
        Registry(server.host).put_manifest("orders", "v1", CONTENT)
    assert [seen.body for seen in server.seen] == [CONTENT.content]


def test_no_credentials_gives_a_hint(server: Server) -> None:
    """A registry that wants credentials nobody has gives an error with `docker login`."""
    server.answer = lambda _: (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")
    with pytest.raises(EnvironmentProblem, match=f"docker login {server.host}"):
        Registry(server.host).put_manifest("orders", "v1", CONTENT)


def test_basic_credentials_are_dockers(server: Server, tmp_path: Path) -> None:
    """Credentials that `docker login` stored are sent when asked for, and kept after that."""
    _log_in(tmp_path, server.host)
    expected = f"Basic {base64.b64encode(b'me:secret').decode()}"
    server.answer = lambda seen: (
        (200, {}, b"{}")
        if seen.authorization == expected
        else (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")
    )
    registry = Registry(server.host)
    assert registry.find_manifest("orders", "v1")
    assert registry.has_manifest("orders", "v1")
    assert [seen.authorization for seen in server.seen] == ["", expected, expected]


def test_a_token_is_asked_for_each_scope(server: Server, tmp_path: Path) -> None:
    """A bearer challenge is met with a token of its scope; a wider one with another token."""
    _log_in(tmp_path, server.host)

    def answer(seen: Seen) -> Reply:
        asked = urlsplit(seen.path)
        if asked.path == "/token":
            scope = parse_qs(asked.query)["scope"][0]
            return 200, {}, json.dumps({"token": scope}).encode()
        scope = "push" if seen.method == "PUT" else "pull"
        if seen.authorization == f"Bearer {scope}":
            return 200, {}, b"{}"
        realm = f'Bearer realm="http://{server.host}/token",service="s",scope="{scope}"'
        return 401, {"WWW-Authenticate": realm}, b""

    server.answer = answer
    registry = Registry(server.host)
    assert registry.find_manifest("orders", "v1")
    registry.put_manifest("orders", "v1", CONTENT)
    tokens = [seen for seen in server.seen if seen.path.startswith("/token")]
    assert [seen.authorization.split()[0] for seen in tokens] == ["Basic", "Basic"]


def test_credentials_do_not_travel_in_the_clear(server: Server, tmp_path: Path) -> None:
    """A token service without TLS on another machine gets nothing."""
    _log_in(tmp_path, server.host)
    realm = 'Bearer realm="http://tokens.example.com/token"'
    server.answer = lambda _: (401, {"WWW-Authenticate": realm}, b"")
    with pytest.raises(EnvironmentProblem, match=r"tokens\.example\.com"):
        Registry(server.host).find_manifest("orders", "v1")


def test_a_helper_is_asked_for_credentials(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials come from the helper that Docker's configuration names for the host."""
    helper = tmp_path / "docker-credential-test"
    helper.write_text('#!/bin/sh\ncat >/dev/null\necho \'{"Username":"me","Secret":"secret"}\'\n')
    helper.chmod(0o755)
    config = {"credHelpers": {server.host: "test"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    expected = f"Basic {base64.b64encode(b'me:secret').decode()}"
    server.answer = lambda seen: (
        (200, {}, b"{}")
        if seen.authorization == expected
        else (401, {"WWW-Authenticate": "Basic"}, b"")
    )
    assert Registry(server.host).find_manifest("orders", "v1")


def test_a_broken_configuration_is_an_input_error(server: Server, tmp_path: Path) -> None:
    """A config.json that is no JSON is named; nothing is guessed."""
    (tmp_path / "config.json").write_text("{")
    server.answer = lambda _: (401, {"WWW-Authenticate": "Basic"}, b"")
    with pytest.raises(InputError, match=r"config\.json"):
        Registry(server.host).find_manifest("orders", "v1")


@pytest.mark.parametrize("place", ["/v2/orders/up?state=1", "relative", "http://{host}/elsewhere"])
def test_a_blob_goes_where_the_registry_says(server: Server, tmp_path: Path, place: str) -> None:
    """The upload's address may be absolute, relative or carry a query of its own."""
    (tmp_path / "blob").write_bytes(b"content")
    location = place.format(host=server.host)

    def answer(seen: Seen) -> Reply:
        return (202, {"Location": location}, b"") if seen.method == "POST" else (201, {}, b"")

    server.answer = answer
    Registry(server.host).put_blob("orders", DIGEST, tmp_path / "blob")
    sent = server.seen[-1]
    assert sent.body == b"content"
    assert parse_qs(urlsplit(sent.path).query)["digest"] == [DIGEST]
    assert "state=1" in sent.path or "state" not in location


def test_credentials_stay_with_their_registry(server: Server, tmp_path: Path) -> None:
    """An upload that goes to another host does not carry the registry's credentials there."""
    _log_in(tmp_path, server.host)
    (tmp_path / "blob").write_bytes(b"content")
    other = f"http://localhost:{server.host.split(':')[1]}/storage"

    def answer(seen: Seen) -> Reply:
        if seen.path.startswith("/storage"):
            return 201, {}, b""
        if not seen.authorization:
            return 401, {"WWW-Authenticate": "Basic"}, b""
        return 202, {"Location": other}, b""

    server.answer = answer
    Registry(server.host).put_blob("orders", DIGEST, tmp_path / "blob")
    assert [seen.authorization for seen in server.seen if seen.path.startswith("/storage")] == [""]


def test_a_registry_with_referrers_says_so(server: Server) -> None:
    """The answer's OCI-Subject header decides whether a fallback tag is needed."""
    server.answer = lambda _: (201, {"OCI-Subject": DIGEST}, b"")
    assert Registry(server.host).put_manifest("orders", DIGEST, CONTENT)
    server.answer = lambda _: (201, {}, b"")
    assert not Registry(server.host).put_manifest("orders", DIGEST, CONTENT)


def test_an_endless_manifest_is_not_read(server: Server) -> None:
    """A manifest above the specification's limit of 4 MiB is refused, not swallowed."""
    server.answer = lambda _: (200, {}, b" " * (4 * 2**20 + 1))
    with pytest.raises(EnvironmentProblem, match="more than 4,194,304 bytes"):
        Registry(server.host).manifest(Reference.parse(f"{server.host}/orders:v1"))
