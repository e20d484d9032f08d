"""Step 6: the released image's own bytes run in a sandbox, and its endpoints answer."""

import json
import subprocess
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from paved.adapters import children
from paved.adapters.tools import tool
from paved.tour.model import Figure
from paved.tour.ports import StepFailed
from paved.tour.steps.journey import Journey

START_SECONDS = 30
ANSWER_SECONDS = 5
ORDER = {
    "currency": "EUR",
    "lines": [{"item": "tea", "quantity": 3, "unit_price": 450, "tax_rate": 700}],
}
GROSS = 1445  # 3 x 450 and 7 % of it, 94.5, rounded half up


def run_released(journey: Journey) -> Sequence[Figure]:
    """Unpack what the registry holds, start it as an ordinary user, and ask it."""
    config = unpack(journey)
    port = children.free_port()
    log = journey.scratch.log("service")
    address = f"http://127.0.0.1:{port}"
    with children.running(sandboxed(journey.scratch.rootfs, config, port), log) as process:
        ready = children.wait_until(
            lambda: answers(f"{address}/readyz"), process, log, START_SECONDS
        )
        for path in ("/healthz", "/readyz", "/metrics"):
            journey.watcher.tell(f"GET {path} -> {get(address + path).splitlines()[0][:60]}")
        start = time.monotonic()
        answer = post(f"{address}/v1/quotes", ORDER)
        answered = time.monotonic() - start
        journey.watcher.tell(f"POST /v1/quotes {json.dumps(ORDER)} -> {answer}")
        ended = children.stop(process, START_SECONDS)
    if json.loads(answer).get("gross") != GROSS:
        raise StepFailed(f"expected a gross price of {GROSS}, and the answer was {answer}")
    if ended != 0:
        raise StepFailed(f"the service ended with {ended} after SIGTERM; see {log}")
    return [
        Figure("ready after", ready, "s"),
        Figure("business answer", answered * 1000, "ms"),
        Figure("exit status after SIGTERM", ended),
    ]


def unpack(journey: Journey) -> dict[str, Any]:
    """Lay out the released image's layers and return its config."""
    crane = str(tool("crane"))
    journey.watcher.tell(f"$ crane export {journey.reference}")
    archive = journey.scratch.root / "rootfs.tar"
    subprocess.run([crane, "export", journey.reference, archive], check=True, capture_output=True)
    with tarfile.open(archive) as layers:
        layers.extractall(journey.scratch.rootfs, filter="tar")
    archive.unlink()
    config = subprocess.run(
        [crane, "config", journey.reference], check=True, capture_output=True, text=True
    )
    document: dict[str, Any] = json.loads(config.stdout)["config"]
    return document


def sandboxed(rootfs: Path, config: dict[str, Any], port: int) -> list[str]:
    """Return the command that runs an image's entry point in bubblewrap, and nothing else."""
    environment = dict(entry.split("=", 1) for entry in config["Env"]) | {"PORT": str(port)}
    words = [str(tool("bubblewrap")), "--die-with-parent", "--new-session", "--clearenv"]
    words += ["--ro-bind", str(rootfs), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - the sandbox's own
    words += ["--unshare-all", "--share-net", "--uid", "65532", "--gid", "65532"]
    words += ["--chdir", config.get("WorkingDir") or "/"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    return [*words, "--", *config["Entrypoint"], *(config.get("Cmd") or [])]


def answers(address: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        get(address)
    except (HTTPError, URLError, OSError):
        return False
    return True


def get(address: str) -> str:
    """Return what a GET answers."""
    with urlopen(address, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - http to loopback
        content: bytes = answer.read()
    return content.decode()


def post(address: str, document: object) -> str:
    """Return what a POST of JSON answers."""
    request = Request(  # noqa: S310 - http to loopback
        address, json.dumps(document).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - http to loopback
            content: bytes = answer.read()
    except HTTPError as error:
        raise StepFailed(f"POST {address} was answered with {error.read().decode()}") from error
    return content.decode().strip()
