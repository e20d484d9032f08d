"""The hosts that this machine's package clients ask, from their own configuration and code.

So the repository names none of them, and the test of that still knows what to look for.
"""

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from toolchain.toolkit.pipconfig import pip_settings

HOST = re.compile(r"https?://(?:[^/\s@]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
COMMANDS = {
    "apt": ("apt-get", "indextargets", "--format", "$(SITE)"),
    "go": ("go", "env", "GOPROXY"),
}


def hosts(pip_wheel: Path) -> Mapping[str, set[str]]:
    """Return each client's hosts; a client that is not on this machine is not in it.

    Args:
        pip_wheel: pip, whose code has the index that it asks where no other is set.
    """
    present = {name: command for name, command in COMMANDS.items() if shutil.which(command[0])}
    told = {name: _output(*command) for name, command in present.items()}
    told["pip"] = _pip(pip_wheel)
    return {client: named(text) for client, text in told.items()}


def named(text: str) -> set[str]:
    """Return the host names in `text`, less addresses and those that mean this machine."""
    found = set(HOST.findall(text.lower()))
    return {host for host in found if re.search("[a-z]", host) and not host.endswith("localhost")}


def _pip(wheel: Path) -> str:
    settings = pip_settings(os.environ)
    with zipfile.ZipFile(wheel) as files:
        default = files.read("pip/_internal/models/index.py").decode()
    return " ".join((settings.get("index-url", ""), settings.get("extra-index-url", ""), default))


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
