"""Reading a suite through a private apt state, with apt's own signature checks."""

import pytest

from toolchain import cache, discover
from toolchain.problems import Offline
from toolchain.testing.registry import Registry

WISH = discover.Wish("testing", ("one",), (), ())
RELEASE = (
    b"Origin: Debian\nLabel: Debian\nSuite: testing\nCodename: testing\n"
    b"Date: Thu, 01 Jan 2026 00:00:00 UTC\nArchitectures: amd64 all\nComponents: main\n"
)


def test_unsigned_suite_is_refused(loopback: Registry):
    """A suite that carries no signature is not read, so its hashes are never believed."""
    loopback.files["/debian/dists/testing/Release"] = RELEASE
    with pytest.raises(Offline) as raised:
        discover.closure(WISH)
    assert "is not signed" in raised.value.problems[0].what
    assert not any("Packages" in path for path in loopback.asked)


@pytest.mark.usefixtures("loopback")
def test_unreachable_mirror(monkeypatch: pytest.MonkeyPatch):
    """Without a mirror the error gives apt's reason, and the private state is gone."""
    monkeypatch.setenv("PAVED_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(Offline, match="Could not connect"):
        discover.closure(WISH)
    assert [path.name for path in cache.root().iterdir()] == ["locks"]
