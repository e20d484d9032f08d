"""What pip and Go say when they fail, as recorded from them, and what is made of it."""

import sys
from pathlib import Path

import pytest

from toolchain import pip
from toolchain.locked import wheel
from toolchain.locked.gorunner import Runner
from toolchain.locked.model import WheelSource
from toolchain.problems import Gone, Offline, ToolchainError

PIP = {
    "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
    "'NewConnectionError('<pip>: Failed to establish a new connection: [Errno 111] Connection "
    "refused')': /simple/x/\nERROR: Could not find a version that satisfies the requirement "
    "x==1 (from versions: none)\nERROR: No matching distribution found for x==1": Offline,
    "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: 2)\n"
    "ERROR: No matching distribution found for x==1": Gone,
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    x==1:\n"
    "        Expected sha256 aa\n             Got        bb": ToolchainError,
}
GO = {
    'go: example.com/m@v1.0.0: Get "http://localhost/example.com/m/@v/v1.0.0.info": dial tcp '
    "127.0.0.1:9: connect: connection refused": Offline,
    "go: example.com/m@v1.0.0: reading http://localhost/example.com/m/@v/v1.0.0.info: "
    "404 Not Found": Gone,
    "go: example.com/m@v1.0.0: invalid version: unknown revision v1.0.0": Gone,
    "verifying example.com/m@v1.0.0: checksum mismatch\n\tdownloaded: h1:aa=\n\tgo.sum:     "
    "h1:bb=\n\nSECURITY ERROR\nThis download does NOT match an earlier download": ToolchainError,
    "# example.com/m\n./main.go:3:1: syntax error: non-declaration statement": ToolchainError,
}


@pytest.mark.parametrize(("said", "kind"), PIP.items(), ids=["offline", "gone", "mismatch"])
def test_pip(said: str, kind: type[ToolchainError]):
    """The words of pip become the kind of error that decides whether another source may follow."""
    assert type(wheel.error("x==1", said)) is kind


@pytest.mark.parametrize(
    ("said", "kind"), GO.items(), ids=["offline", "gone", "unknown", "mismatch", "syntax"]
)
def test_go(said: str, kind: type[ToolchainError]):
    """The words of Go become the kind of error that decides whether another source may follow."""
    error = Runner(Path("go"), "example.com/m@v1.0.0", 0).error("build", said)
    assert type(error) is kind
    assert error.problems[0].where == "example.com/m@v1.0.0"


def test_reason_inside_json():
    """`go mod download -json` wraps its reason in JSON; the message has the reason alone."""
    said = '{\n\t"Path": "m",\n\t"Error": "m@v1: reading \\"x\\": 404 Not Found"\n}\n'
    [problem] = Runner(Path("go"), "m@v1", 0).error("mod", said).problems
    assert problem.what == 'the Go proxy does not have it: m@v1: reading "x": 404 Not Found'


def test_mismatch_in_one_line():
    """Of a mismatch the message has both hashes, and not the page that Go adds."""
    error = (
        "m@v1: verifying module: checksum mismatch\\n\\tdownloaded: h1:a=\\n\\tgo.sum:     h1:b="
        "\\n\\nSECURITY ERROR\\nThis download does NOT match an earlier download recorded"
    )
    [problem] = Runner(Path("go"), "m@v1", 0).error("mod", f'\t"Error": "{error}"').problems
    assert problem.what.endswith("checksum mismatch downloaded: h1:a= go.sum: h1:b=")


def test_reason_inside_a_retry():
    """The message has the reason that pip puts at the end of its warning, without the rest."""
    said = next(text for text, kind in PIP.items() if kind is Offline)
    [problem] = wheel.error("x==1", said).problems
    assert problem.what.endswith("could not be reached: [Errno 111] Connection refused")


def test_wheel_is_hashed_here_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whatever pip has let through, a wheel with another hash is refused."""
    source = WheelSource("x", "1", ("0" * 64,), {"x": "bin/x"}, whole=False)
    lax = "import sys; open(sys.argv[-3].removeprefix('--dest=') + '/x.whl', 'w').write('other')"
    monkeypatch.setattr(pip, "command", lambda: (sys.executable, "-c", lax))
    monkeypatch.setenv("PAVED_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ToolchainError, match="not the locked one: sha256 d9298a10d1b0735837dc"):
        wheel.download(source, tmp_path, lock=0)
