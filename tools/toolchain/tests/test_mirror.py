"""Finding the mirror, in apt configurations that are written for the test and read by apt."""

from collections.abc import Callable
from pathlib import Path

import pytest

from toolchain import mirror
from toolchain.problems import ToolchainError

Sources = Callable[[str], int]
MAIN = "deb http://main.example.com/debian/ stable main\n"
OTHERS = (
    "deb http://other.example.com/apt stable-other main\n"
    "deb http://security.example.com/debian-security/ stable-security main\n"
    "deb cdrom:[Debian]/ stable main\n"
)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Return what makes `text` the machine's only apt sources; no list was ever fetched."""
    lists = tmp_path / "lists"
    lists.mkdir()
    monkeypatch.delenv("PAVED_DEBIAN_MIRROR", raising=False)
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    (tmp_path / "apt.conf").write_text(
        f'Dir::State::lists "{lists}";\nDir::Etc::sourcelist "{tmp_path}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
    )
    return (tmp_path / "sources.list").write_text


def test_main_archive(sources: Sources):
    """The main archive is the source whose suite is one of Debian's, discs and others not."""
    sources(OTHERS + MAIN)
    assert mirror.mirrors() == ["http://main.example.com/debian/"]


def test_security_archive(sources: Sources):
    """Packages of security updates come from the security archive."""
    sources(MAIN + OTHERS)
    assert mirror.is_security("pool/updates/main/o/one_1_all.deb")
    assert not mirror.is_security("pool/main/o/one_1_all.deb")
    assert mirror.mirrors(security=True) == ["http://security.example.com/debian-security/"]


def test_several(sources: Sources):
    """Mirrors are given in the order of the sources, each once."""
    second = "deb http://second.example.com/debian stable main contrib\n"
    sources(MAIN + second + MAIN.replace("main.example.com", "third.example.com"))
    hosts = ["main", "second", "third"]
    assert mirror.mirrors() == [f"http://{host}.example.com/debian/" for host in hosts]


def test_named_by_the_user(sources: Sources, monkeypatch: pytest.MonkeyPatch):
    """The environment's mirror is the only one, whatever apt says."""
    sources(MAIN)
    monkeypatch.setenv("PAVED_DEBIAN_MIRROR", "http://mine.example.com/d")
    assert mirror.mirrors(security=True) == ["http://mine.example.com/d/"]


def test_none(sources: Sources):
    """Without a Debian source the error says where to add one."""
    sources("")
    with pytest.raises(ToolchainError) as raised:
        mirror.mirrors()
    assert "sources.list.d" in raised.value.problems[0].hint
