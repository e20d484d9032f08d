"""Step 6: the released image's own bytes run in a sandbox, and its endpoints answer."""

import json
import os
import signal
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
    """Unpack what the registry holds, start it as an ordinary user, ask it, and end it."""
    config = unpack(journey)
    port = children.free_port()
    log = journey.scratch.log("service")
    address = f"http://127.0.0.1:{port}"
    told, tells = os.pipe()
    command = sandboxed(journey.scratch.rootfs, config, port, tells)
    with (
        open(told, "rb") as information,  # noqa: PTH123 - a descriptor
        children.running(command, log, pass_fds=[tells]) as process,
    ):
        os.close(tells)
        ready = children.wait_until(
            lambda: answers(f"{address}/readyz"), process, log, START_SECONDS
        )
        answered = ask(journey, address)
        os.kill(json.load(information)["child-pid"], signal.SIGTERM)
        ended = process.wait(START_SECONDS)
    if ended != 0:
        raise StepFailed(f"the service ended with {ended} after SIGTERM; see {log}")
    return [
        Figure("ready after", ready, "s"),
        Figure("business answer", answered * 1000, "ms"),
        Figure("exit status after SIGTERM", ended),
    ]


def ask(journey: Journey, address: str) -> float:
    """Ask every kind of endpoint, and return how many seconds the business one took."""
    for path in ("/healthz", "/readyz", "/metrics"):
        journey.watcher.tell(f"GET {path} -> {get(address + path).splitlines()[0][:60]}")
    start = time.monotonic()
    answer = post(f"{address}/v1/quotes", ORDER)
    answered = time.monotonic() - start
    journey.watcher.tell(f"POST /v1/quotes {json.dumps(ORDER)} -> {answer}")
    if json.loads(answer).get("gross") != GROSS:
        raise StepFailed(f"expected a gross price of {GROSS}, and the answer was {answer}")
    return answered


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


def sandboxed(rootfs: Path, config: dict[str, Any], port: int, tells: int) -> list[str]:
    """Return the command that runs an image's entry point in bubblewrap, and nothing else.

    Args:
        rootfs: the unpacked layers.
        config: the image's config.
        port: for the service.
        tells: the descriptor on which bubblewrap says the service's process id.
    """
    environment = dict(entry.split("=", 1) for entry in config["Env"]) | {"PORT": str(port)}
    words = [str(tool("bubblewrap")), "--die-with-parent", "--new-session", "--clearenv"]
    words += ["--ro-bind", str(rootfs), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - the sandbox's own
    words += ["--unshare-all", "--share-net", "--as-pid-1", "--uid", "65532", "--gid", "65532"]
    words += ["--info-fd", str(tells), "--chdir", config.get("WorkingDir") or "/"]
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
