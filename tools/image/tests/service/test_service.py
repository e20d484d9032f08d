"""A Python image: what its layers hold, and that its own bytes run as its config says."""

import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

IMAGE = Path(os.environ["IMAGE"])
SITE = "usr/local/lib/python3.11/dist-packages"


def _blob(descriptor: dict[str, Any]) -> Path:
    return IMAGE / "blobs" / str(descriptor["digest"]).replace(":", "/")


def _manifest() -> dict[str, Any]:
    (entry,) = json.loads((IMAGE / "index.json").read_bytes())["manifests"]
    return dict(json.loads(_blob(entry).read_bytes()))


def _config() -> dict[str, Any]:
    return dict(json.loads(_blob(_manifest()["config"]).read_bytes())["config"])


def _names(variable: str) -> list[str]:
    with tarfile.open(os.environ[variable]) as tar:
        return [info.name for info in tar if info.isfile()]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the image's layers, in order, and return where."""
    folder = tmp_path_factory.mktemp("root")
    for layer in _manifest()["layers"]:
        tar = ["tar", "-x", "--no-same-owner", "-f", str(_blob(layer)), "-C", str(folder)]
        subprocess.run(tar, check=True)
    return folder


def test_the_config_runs_the_module_as_an_ordinary_user() -> None:
    """Entry point, arguments, environment, ports and user are those of the macro's call."""
    assert _config() == {
        "Cmd": ["world"],
        "Entrypoint": ["/usr/bin/python3.11", "-m", "greeter"],
        "Env": [
            "PYTHONDONTWRITEBYTECODE=1",
            "PYTHONPATH=/app",
            "PYTHONUNBUFFERED=1",
            "GREETING=hello",
        ],
        "ExposedPorts": {"8080/tcp": {}, "9090/udp": {}},
        "Labels": {"org.opencontainers.image.title": "greeter"},
        "User": "65532",
        "WorkingDir": "/app",
    }


def test_the_application_is_a_layer_of_its_own() -> None:
    """Sources and data of this repository lie below /app, as they are imported, and no more."""
    assert _names("APP_TAR") == [
        "app/greeter/__init__.py",
        "app/greeter/__main__.py",
        "app/greeter/greeting.txt",
        "app/paved/__init__.py",
        "app/paved/errors.py",
    ]


def test_wheels_are_a_layer_of_their_own() -> None:
    """Wheels, those that wheels need too, come with their metadata and nothing else."""
    names = _names("WHEELS_TAR")
    tops = {name.removeprefix(SITE + "/").partition("/")[0] for name in names}
    distributions = {top.partition("-")[0].lower() for top in tops if top.endswith(".dist-info")}
    assert distributions == {"jinja2", "markupsafe"}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"jinja2", "markupsafe"}
    assert all(name.startswith(SITE) for name in names)


def test_records_name_files_that_are_there() -> None:
    """Each file that a wheel's RECORD names is in the layer."""
    names = set(_names("WHEELS_TAR"))
    with tarfile.open(os.environ["WHEELS_TAR"]) as tar:
        records = [tar.extractfile(name) for name in names if name.endswith("/RECORD")]
        lines = [line for file in records if file for line in file.read().decode().splitlines()]
    assert len(lines) > 2
    assert {f"{SITE}/{line.partition(',')[0]}" for line in lines} <= names


def test_the_images_bytes_run(root: Path) -> None:
    """Started as the config says, in a sandbox, the program finds wheels, sources and data."""
    config = _config()
    env = [part for one in config["Env"] for part in ("--setenv", *one.split("=", 1))]
    command = [
        os.environ["PAVED_TOOL_BUBBLEWRAP"],
        "--unshare-all",
        *("--ro-bind", str(root), "/"),
        *("--proc", "/proc"),
        *("--dev", "/dev"),
        *("--uid", config["User"], "--gid", config["User"]),
        *("--chdir", config["WorkingDir"]),
        "--clearenv",
        *env,
        *config["Entrypoint"],
        *config["Cmd"],
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("jinja2_version")
    assert found.pop("python").startswith("3.11.")
    assert found == {
        "greeting": "hello, world",
        "errors": "/app/paved/errors.py",
        "jinja2": f"/{SITE}/jinja2",
        "directory": "/app",
    }
