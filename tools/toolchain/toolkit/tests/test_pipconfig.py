"""What pip has been told, handed on to uv."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.problems import ToolchainError
from toolchain.toolkit import pipconfig

ABSENT = Path("/nonexistent")
URLS = st.sampled_from(["https://a.example.com/simple", "https://b.example.com/simple"])


def told(environ: dict[str, str]) -> dict[str, str]:
    """Return what uv is told, on a machine without files of pip's or certificates."""
    return pipconfig.for_uv({"PIP_CONFIG_FILE": "/dev/null", **environ}, ABSENT)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PIP_INDEX_URL", "https://i.example.com", {"UV_DEFAULT_INDEX": "https://i.example.com"}),
        (
            "PIP_EXTRA_INDEX_URL",
            "https://a.example.com\n https://b.example.com",
            {
                "UV_INDEX": "https://a.example.com https://b.example.com",
                "UV_INDEX_STRATEGY": "unsafe-best-match",
            },
        ),
        ("PIP_FIND_LINKS", "/a /b", {"UV_FIND_LINKS": "/a,/b"}),
        ("PIP_TRUSTED_HOST", "a.example.com", {"UV_INSECURE_HOST": "a.example.com"}),
        ("PIP_CERT", "/etc/own.pem", {"SSL_CERT_FILE": "/etc/own.pem"}),
        ("PIP_PROXY", "http://p.example.com:1", {"ALL_PROXY": "http://p.example.com:1"}),
        ("PIP_DEFAULT_TIMEOUT", "180", {"UV_HTTP_TIMEOUT": "180"}),
        ("PIP_TIMEOUT", "15.5", {"UV_HTTP_TIMEOUT": "15"}),
        ("PIP_NO_INDEX", "true", {"UV_NO_INDEX": "1"}),
        ("PIP_NO_INDEX", "0", {}),
        ("PIP_INDEX_URL", "", {}),
    ],
)
def test_each_setting(name: str, value: str, expected: dict[str, str]):
    """Each setting of pip that decides where wheels come from has its form in uv."""
    assert told({name: value}) == expected


def test_files_by_rank(tmp_path: Path):
    """From the lowest: system's file, user's, the one PIP_CONFIG_FILE names, environment."""
    system, user = tmp_path / "xdg" / "pip", tmp_path / "home" / ".config" / "pip"
    named = tmp_path / "named.conf"
    for folder in (system, user):
        folder.mkdir(parents=True)
    (system / "pip.conf").write_text("[global]\nindex-url = system\ntrusted_host = h\n")
    (user / "pip.conf").write_text("[global]\nindex-url = user\n[install]\ncert = install\n")
    environ = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}
    found = pipconfig.pip_settings(environ)
    assert (found["index-url"], found["cert"], found["trusted-host"]) == ("user", "install", "h")
    named.write_text("[global]\nindex-url = named\n")
    environ["PIP_CONFIG_FILE"] = str(named)
    assert pipconfig.pip_settings(environ)["index-url"] == "named"
    environ["PIP_INDEX_URL"] = "environment"
    assert pipconfig.pip_settings(environ)["index-url"] == "environment"


def test_system_certificates(tmp_path: Path):
    """The system's certificates are trusted, as by Debian's pip, unless pip was told otherwise."""
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    quiet = {"PIP_CONFIG_FILE": "/dev/null"}
    assert pipconfig.for_uv(quiet, bundle) == {"SSL_CERT_FILE": str(bundle)}
    assert pipconfig.for_uv({**quiet, "PIP_CERT": "/own"}, bundle) == {"SSL_CERT_FILE": "/own"}


@given(URLS, st.dictionaries(st.sampled_from(["UV_DEFAULT_INDEX", "SSL_CERT_FILE"]), st.text()))
def test_what_uv_was_told_stays(url: str, own: dict[str, str]):
    """A variable of uv's own is never touched."""
    assert told({"PIP_INDEX_URL": url, "PIP_CERT": "/c", **own}).keys().isdisjoint(own)


def test_broken_file(tmp_path: Path):
    """A file of pip's that cannot be read is named, not passed over."""
    broken = tmp_path / "pip.conf"
    broken.write_text("index-url = x\n")
    with pytest.raises(ToolchainError, match=r"pip\.conf"):
        pipconfig.pip_settings({"PIP_CONFIG_FILE": str(broken)})
