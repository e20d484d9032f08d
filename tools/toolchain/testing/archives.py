"""Small archives of each kind that a tool can come from, with a script as their program."""

import base64
import hashlib
import io
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

EXECUTABLE = 0o755


def script(text: str, status: int = 0) -> bytes:
    """Return a program that prints `text` and ends with `status`."""
    return f"#!/bin/sh\necho '{text}'\nexit {status}\n".encode()


def deb(folder: Path, package: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """Return a Debian package, made by dpkg-deb in `folder`, whose files are executable."""
    tree = folder / f"{package}-{version}"
    control = tree / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    fields = {
        "Package": package,
        "Version": version,
        "Architecture": "all",
        "Maintainer": "nobody <nobody@example.com>",
        "Description": "a package for a test",
    }
    control.write_text("".join(f"{name}: {text}\n" for name, text in fields.items()))
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
        (tree / name).chmod(EXECUTABLE)
    made = folder / f"{package}.deb"
    command = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made.read_bytes()


def wheel(distribution: str, version: str, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return a wheel's file name and content; names in `files` are those in the archive."""
    name = distribution.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    about = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/licenses/LICENSE": "a licence\n",
    }
    everything = {**files, **{path: text.encode() for path, text in about.items()}}
    rows = [f"{path},{_row(content)}\n" for path, content in everything.items()]
    everything[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    return f"{name}-{version}-py3-none-any.whl", zipped(everything)


def _row(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of `files`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return buffer.getvalue()


def go_module(module: str, version: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what a Go proxy serves for a module, by path below the proxy."""
    at = f"/{module}/@v/{version}"
    inside = {f"{module}@{version}/{path}": content for path, content in files.items()}
    return {
        f"{at}.info": f'{{"Version":"{version}"}}'.encode(),
        f"{at}.mod": files["go.mod"],
        f"{at}.zip": zipped(inside),
        f"/{module}/@v/list": f"{version}\n".encode(),
    }


def h1(files: Mapping[str, bytes]) -> str:
    """Return the `h1:` hash of files by name, as golang.org/x/mod/sumdb/dirhash defines it."""
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    digest = hashlib.sha256("".join(lines).encode()).digest()
    return "h1:" + base64.b64encode(digest).decode()


def go_sums(module: str, version: str, files: Mapping[str, bytes]) -> tuple[str, str]:
    """Return the hashes of a module's zip and of its go.mod, as go.sum has them."""
    inside = {f"{module}@{version}/{path}": content for path, content in files.items()}
    return h1(inside), h1({"go.mod": files["go.mod"]})
