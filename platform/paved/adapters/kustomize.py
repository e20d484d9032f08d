"""Kustomize: an overlay in, the manifests it stands for out.

Left out: what the manifests mean.
"""

from pathlib import Path

from paved.adapters.process import Done, run
from paved.adapters.tools import tool
from paved.errors import InputError, Problem

BUILD_SECONDS = 60.0
_NOWHERE = "http://127.0.0.1:9"


def build(overlay: Path, root: Path) -> bytes:
    """Return the manifests of `overlay` as YAML documents.

    The build runs without plugins, credentials, Git and network: a base on some server is refused.

    Args:
        overlay: a folder with a kustomization.
        root: what paths in errors are relative to.

    Raises:
        InputError: Kustomize refuses; carries its words.
    """
    env = {
        "HOME": str(overlay),
        "PATH": "/nonexistent",
        "LC_ALL": "C",
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
    }
    command = [str(tool("kustomize")), "build", str(overlay)]
    done = run(command, folder=overlay, env=env, seconds=BUILD_SECONDS)
    if done.code:
        what = f"kustomize cannot build this: {_complaint(done, root)}"
        raise InputError(Problem(what, where=str(overlay.relative_to(root))))
    return done.out


def _complaint(done: Done, root: Path) -> str:
    """Return the innermost error, with paths below `root`."""
    text = " ".join(done.err.split()).replace(f"{root}/", "")
    inner = text.rpartition("recursed accumulation of path")[2].partition("': must build")[0]
    return inner.strip().removeprefix("Error: ") or f"it ended with status {done.code}"
