"""Step 1: a repository from the golden path `service`, as a team makes it."""

from collections.abc import Sequence
from datetime import datetime

from paved.adapters.program import first_line
from paved.metrics.events.model import ChangeMerged, Commit
from paved.tour.model import Figure
from paved.tour.steps.journey import Journey


def scaffold(journey: Journey) -> Sequence[Figure]:
    """Render the repository, commit it, and record its first change."""
    scratch = journey.scratch
    made = journey.paved(
        *("new", "service", str(scratch.service), "--defaults", "--git", "--vcs-ref", "HEAD"),
        *("--data", f"registry={journey.registry}/example"),
        *("--events", str(scratch.events), "--json"),
    ).document
    commit = last_commit(journey)
    journey.happened(
        ChangeMerged(
            change=commit.id,
            repository=scratch.service.name,
            services=(scratch.service.name,),
            commits=(commit,),
        )
    )
    return [
        Figure("files", len(made["files"])),
        Figure("template", made["version"] or made["commit"][:12]),
        Figure("commit", commit.id[:12]),
    ]


def last_commit(journey: Journey) -> Commit:
    """Return the scaffolded repository's last commit."""
    folder = str(journey.scratch.service)
    line = first_line(["git", "-C", folder, "log", "-1", "--format=%H %aI"])
    identity, _, authored = line.partition(" ")
    return Commit(identity, datetime.fromisoformat(authored))
