"""How to run pip on this machine, also where Python came without it.

Debian splits pip off. Looked for, in this order: the interpreter's own pip; the wheel that its
ensurepip carries; Debian 12's python3-pip-whl, by hash. Nothing is installed. Debian's pip
trusts the machine's certificate authorities; where there are none, Debian's are fetched too.
"""

import functools
import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from toolchain import cache, debian

WHEEL = "pip-*.whl"
DEBIAN = debian.Deb(
    package="python3-pip-whl",
    version="23.0.1+dfsg-1",
    path="pool/main/p/python-pip/python3-pip-whl_23.0.1+dfsg-1_all.deb",
    sha256="cc373690a1cb469fb301b9fe0125048e3102f2e365d1b2d27cab091ec89fccdc",
    size=1717296,
)
AUTHORITIES = debian.Deb(
    package="ca-certificates",
    version="20230311+deb12u1",
    path="pool/main/c/ca-certificates/ca-certificates_20230311+deb12u1_all.deb",
    sha256="0d5f444f594e48c1e16a41d8fc628a09b24c658916a1274025c2330f2a802bed",
    size=155260,
)
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
BUNDLE_SETTINGS = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@functools.cache
def command() -> tuple[str, ...]:
    """Return the words that start pip, to be followed by a pip command and its options.

    Raises:
        ToolchainError: there is no pip, and Debian's cannot be fetched.
    """
    if importlib.util.find_spec("pip"):
        return sys.executable, "-P", "-m", "pip"  # -P: not this file, wherever we stand
    wheel = _bundled() or from_debian()
    words = (sys.executable, str(wheel / "pip"))  # Python runs a package inside a zip file
    return words if _knows_authorities(words) else (*words, "--cert", str(_debians_authorities()))


def _bundled() -> Path | None:
    """Return the wheel that ensurepip would install, where there is one."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [Path(spec.origin).parent / "_bundled"] if spec and spec.origin else []
    debian_folder = sysconfig.get_config_var("WHEEL_PKG_DIR")
    if debian_folder:
        folders.append(Path(debian_folder))
    return next((wheel for folder in folders for wheel in sorted(folder.glob(WHEEL))), None)


def from_debian() -> Path:
    """Return Debian 12's pip as a wheel, fetched on first use; errors as in `command`."""
    folder = debian.install([DEBIAN], cache.root() / "pip" / DEBIAN.sha256[:16])
    return next((folder / "usr/share/python-wheels").glob(WHEEL))


def _knows_authorities(words: tuple[str, ...]) -> bool:
    """Tell whether Debian's pip finds the machine's authorities, or is configured to use others."""
    if BUNDLE.exists() or any(os.environ.get(name) for name in BUNDLE_SETTINGS):
        return True
    configured = subprocess.run(
        [*words, "config", "list"], capture_output=True, text=True, check=False
    )
    return ".cert=" in configured.stdout


def _debians_authorities() -> Path:
    """Return a bundle of the authorities that Debian ships, fetched on first use."""
    place = cache.root() / "pip" / f"authorities-{AUTHORITIES.sha256[:16]}"
    folder = debian.install([AUTHORITIES], place)
    certificates = sorted((folder / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = place / "bundle.pem"
    if not bundle.exists():
        with cache.lock("authorities"), cache.staging(bundle) as scratch:
            made = scratch / bundle.name
            made.write_text("".join(file.read_text(encoding="utf-8") for file in certificates))
            cache.publish(made, bundle)
    return bundle
