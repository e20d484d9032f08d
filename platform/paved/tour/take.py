"""Takes the tour: its steps in order, each timed, each with its figures or the reason it failed."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from paved.adapters import crane
from paved.adapters.bazel import Bazel
from paved.errors import PavedError
from paved.tour.model import Figure, Step, Summary
from paved.tour.ports import Paved, StepFailed, Watcher
from paved.tour.scratch import Scratch
from paved.tour.slots import slot
from paved.tour.steps.build import build_and_test, image_twice
from paved.tour.steps.journey import Journey
from paved.tour.steps.measure import measure
from paved.tour.steps.release import release
from paved.tour.steps.run import run_released
from paved.tour.steps.scaffold import scaffold
from paved.tour.steps.sign import verify_and_tamper


@dataclass(frozen=True, slots=True)
class Stop:
    """One step of the tour.

    Args:
        name: as `--json` has it.
        title: what it does, for the reader.
        take: does it.
        needed: whether the steps after it are of no use without it.
    """

    name: str
    title: str
    take: Callable[[Journey], Sequence[Figure]]
    needed: bool = True


STOPS = (
    Stop("scaffold", "a repository from golden-paths/service", scaffold),
    Stop("build", "Bazel builds and tests it", build_and_test),
    Stop("image", "three layers, the same digest twice", image_twice),
    Stop("sign", "SBOM, provenance and signature hold; a flipped byte is found", verify_and_tamper),
    Stop("release", "dev, stage, prod by commits; an unsigned image is refused", release),
    Stop("run", "the released bytes start in a sandbox", run_released, needed=False),
    Stop("measure", "what happened becomes lead time and frequency", measure),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the tour is taken.

    Args:
        checkout: this repository's working copy.
        cache: the per-user cache.
        scratch: the folder to work in, new and empty.
        now: the clock.
    """

    checkout: Path
    cache: Path
    scratch: Path
    now: Callable[[], datetime]


def take(setting: Setting, paved: Paved, watcher: Watcher) -> Summary:
    """Take the tour and return what was seen; a failure of a step is part of it.

    Args:
        setting: where.
        paved: runs commands of the toolkit.
        watcher: is told what happens.
    """
    start = time.monotonic()
    downloads = setting.cache / "downloads.jsonl"
    before = downloaded(downloads)
    scratch = Scratch(setting.scratch)
    with (
        slot(setting.cache / "tour", watcher.tell) as output_base,
        crane.registry(scratch.registry, scratch.log("registry")) as address,
    ):
        bazel = Bazel(setting.checkout / "bazelw", scratch.service, output_base, watcher.ticking)
        with bazel.served():
            journey = Journey(scratch, address, paved, bazel, watcher, setting.now)
            steps = list(walk(journey))
    seconds = time.monotonic() - start
    return Summary(str(setting.scratch), steps, seconds, downloaded(downloads) - before)


def walk(journey: Journey) -> Iterator[Step]:
    """Take one step after the other, up to the first one that failed and that others need."""
    for number, stop in enumerate(STOPS, 1):
        journey.watcher.begin(f"{number}/{len(STOPS)} {stop.name}", stop.title)
        step = one(stop, journey)
        journey.watcher.end(step)
        yield step
        if step.failure and stop.needed:
            return


def one(stop: Stop, journey: Journey) -> Step:
    """Take one step, timed."""
    start = time.monotonic()
    try:
        figures = stop.take(journey)
    except (StepFailed, PavedError) as error:
        return Step(stop.name, time.monotonic() - start, failure=str(error))
    except OSError as error:
        return Step(stop.name, time.monotonic() - start, failure=refusal(error))
    return Step(stop.name, time.monotonic() - start, figures)


def refusal(error: OSError) -> str:
    """Say in words what the machine refused to do with a file of the tour."""
    where = f"{error.filename}: " if error.filename else ""
    hint = "free some space, or name a folder with --dest"
    return f"{where}{error.strerror or error}\n  hint: {hint}"


def downloaded(record: Path) -> int:
    """Return the bytes that the fetcher's record says were fetched fresh."""
    if not record.is_file():
        return 0
    with record.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    return sum(entry["bytes"] for entry in entries if entry.get("fresh"))
