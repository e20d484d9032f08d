"""How to run pip on this machine, also where Python came without it.

Debian splits pip off. Looked for, in this order: the interpreter's own pip; the wheel that its
ensurepip carries; Debian 12's python3-pip-whl, by hash. Nothing is installed.
"""

import functools
import importlib.util
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


@functools.cache
def command() -> tuple[str, ...]:
    """Return the words that start pip, to be followed by a pip command and its options.

    Raises:
        ToolchainError: there is no pip, and Debian's cannot be fetched.
    """
    if importlib.util.find_spec("pip"):
        return sys.executable, "-P", "-m", "pip"  # -P: not this file, wherever we stand
    wheel = _bundled() or from_debian()
    return sys.executable, str(wheel / "pip")  # Python runs a package inside a zip file


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
