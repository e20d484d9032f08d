"""Step 7: a one-line change goes the same way to production, and the numbers are asked for.

The first deployment of a service has no base, so that a lead time needs a second one.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

from paved.adapters import git
from paved.metrics.events.model import ArtifactPublished, ChangeMerged, Commit
from paved.tour.model import Figure
from paved.tour.ports import StepFailed
from paved.tour.steps.build import digest
from paved.tour.steps.journey import Journey
from paved.tour.steps.release import pin, promote, push
from paved.tour.steps.scaffold import last_commit

WANTED = {
    "deployment_frequency": "deployment frequency",
    "lead_time": "lead time, median",
    "time_to_first_deploy": "time to first deploy, median",
}


def measure(journey: Journey) -> Sequence[Figure]:
    """Release a change, store what happened, and print lead time, frequency, first deploy."""
    rebuilt = release_a_change(journey)
    store = ("--store", str(journey.scratch.store))
    counted = journey.paved("metrics", "ingest", str(journey.scratch.events), *store, "--json")
    now = journey.now()
    report = journey.paved(
        *("metrics", "dora", "--service", journey.scratch.service.name, *store),
        *("--since", (now - timedelta(days=1)).isoformat(), "--until", now.isoformat(), "--json"),
    ).document
    return [
        Figure("one-line change to signed image", rebuilt, "s"),
        Figure("events stored", counted.document["stored"]),
        *(shown(report["figures"][key], name) for key, name in WANTED.items()),
    ]


def release_a_change(journey: Journey) -> float:
    """Change one line, and bring it to production; return the seconds to the signed image."""
    commit = change_a_line(journey)
    start = time.monotonic()
    journey.watcher.tell("$ bazelw build //:signed   # after a one-line change")
    journey.bazel.build("//:signed")
    rebuilt = time.monotonic() - start
    before, journey.digest = journey.digest, digest(journey)
    if before == journey.digest:
        raise StepFailed("the change did not reach the image")
    artifact = f"pkg:oci/{journey.scratch.service.name}@{journey.digest}"
    journey.happened(ArtifactPublished(artifact, commits=(commit,)))
    push(journey, journey.scratch.signed)
    pin(journey, journey.reference)
    promote(journey)
    return rebuilt


def change_a_line(journey: Journey) -> Commit:
    """Add a line to the service's sources, commit it, and say that it was merged."""
    service = journey.scratch.service
    source = service / "src" / service.name / "__main__.py"
    source.write_text(source.read_text("utf-8") + "# A change.\n", encoding="utf-8")
    git.open_repository(service).commit_all("chore: change a line")
    commit = last_commit(journey)
    journey.happened(
        ChangeMerged(commit.id, service.name, services=(service.name,), commits=(commit,))
    )
    return commit


def shown(figure: dict[str, object], name: str) -> Figure:
    """Return a figure of the report as one of the tour's."""
    if figure["status"] == "no_data" or figure["value"] is None:
        raise StepFailed(f"there is no {name}: {figure}")
    return Figure(name, float(str(figure["value"])), str(figure["unit"]))
