"""Finding a pip, on a machine that is made to have none of its own."""

import hashlib
import importlib.util
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from toolchain import cache, debian, pip
from toolchain.testing import archives
from toolchain.testing.registry import Registry

WHEEL = "usr/share/python-wheels/pip-99-py3-none-any.whl"
SAYS = "import sys; print({!r}, *sys.argv[1:], sep='\\n')\n"
CERTIFICATES = {
    f"usr/share/ca-certificates/mozilla/{name}.crt": f"certificate {name}\n".encode()
    for name in ("one", "two")
}
MakePip = Callable[..., None]


@pytest.fixture(autouse=True)
def _without_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Hide this interpreter's pip and wheels, and the machine's authorities and settings."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _name: None)
    monkeypatch.setattr(pip, "BUNDLE", tmp_path / "no-bundle.crt")
    for name in pip.BUNDLE_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    pip.command.cache_clear()
    yield
    pip.command.cache_clear()


@pytest.fixture
def wheel(tmp_path: Path, loopback: Registry, monkeypatch: pytest.MonkeyPatch) -> MakePip:
    """Return what makes Debian's packages of pip and of authorities; pip says its settings."""

    def serve(package: str, files: dict[str, bytes]) -> debian.Deb:
        content = archives.deb(tmp_path, package, "1", files)
        loopback.files[f"/debian/pool/{package}.deb"] = content
        digest = hashlib.sha256(content).hexdigest()
        return debian.Deb(package, "1", f"pool/{package}.deb", digest, len(content))

    def make(settings: str = "") -> None:
        program = {"pip/__main__.py": SAYS.format(settings).encode()}
        monkeypatch.setattr(pip, "DEBIAN", serve("wheel", {WHEEL: archives.zipped(program)}))
        monkeypatch.setattr(pip, "AUTHORITIES", serve("authorities", CERTIFICATES))

    return make


def said(*arguments: str) -> list[str]:
    """Run the pip that was found; return the arguments that it repeats."""
    command = [*pip.command(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[1:]


def test_debians_wheel_runs(wheel: MakePip):
    """Debian's wheel is fetched and runs as pip does."""
    wheel("global.cert='/company.pem'")
    assert said("download", "x") == ["download", "x"]


def test_authorities_come_along(wheel: MakePip):
    """On a machine without authorities Debian's come along, all in one bundle."""
    wheel()
    option, bundle, *rest = said("download", "x")
    assert (option, rest) == ("--cert", ["download", "x"])
    assert Path(bundle).read_text() == "certificate one\ncertificate two\n"


def test_authorities_of_the_machine(wheel: MakePip):
    """Where the machine has authorities, they are the ones that count."""
    wheel()
    pip.BUNDLE.write_text("certificates")
    assert said("list") == ["list"]


def test_authorities_of_the_user(wheel: MakePip, monkeypatch: pytest.MonkeyPatch):
    """Authorities that the user has named in the environment are not replaced."""
    wheel()
    monkeypatch.setenv("PIP_CERT", "/company.pem")
    assert said("list") == ["list"]


@pytest.mark.usefixtures("loopback")
def test_bundled_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A wheel that Python's packager put beside it is used, and nothing is fetched."""
    pip.BUNDLE.write_text("certificates")
    made = tmp_path / "wheels" / "pip-99-py3-none-any.whl"
    made.parent.mkdir()
    made.write_bytes(archives.zipped({"pip/__main__.py": SAYS.format("").encode()}))
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _name: str(made.parent))
    assert said("list") == ["list"]
    assert not (cache.root() / "debs").exists()
