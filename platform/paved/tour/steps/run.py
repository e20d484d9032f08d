"""Step 6: the released image's own bytes run in a sandbox, and its endpoints answer."""

import json
import time
from collections.abc import Sequence
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from paved.adapters import bubblewrap, children, crane
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
    program, address = unpack(journey)
    log = journey.scratch.log("service")
    ready = lambda: answers(f"{address}/readyz")  # noqa: E731
    with bubblewrap.running(program, log, ready, START_SECONDS) as sandbox:
        answered = ask(journey, address)
        ended = sandbox.end(START_SECONDS)
    if ended != 0:
        raise StepFailed(f"the service ended with {ended} after SIGTERM; see {log}")
    return [
        Figure("ready after", sandbox.ready_seconds, "s"),
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


def unpack(journey: Journey) -> tuple[bubblewrap.Program, str]:
    """Lay out the released image's layers; return what to run, and the address to ask it at."""
    journey.watcher.tell(f"$ crane export {journey.reference}")
    crane.unpack(journey.reference, journey.scratch.rootfs)
    config = crane.config(journey.reference)
    port = children.free_port()
    environment = {**config.environment, "PORT": str(port)}
    program = bubblewrap.Program(journey.scratch.rootfs, config.command, environment, config.folder)
    return program, f"http://127.0.0.1:{port}"


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
