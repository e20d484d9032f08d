"""What a tour carries from step to step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from paved.adapters.bazel import Bazel
from paved.metrics.events import Event, line_of
from paved.metrics.events.model import Body
from paved.tour.ports import Paved, Watcher
from paved.tour.scratch import Scratch

SOURCE = "/paved/tour"


@dataclass(slots=True)
class Journey:
    """What the steps share.

    Args:
        scratch: the folder.
        registry: HOST:PORT of the local registry.
        paved: the command line.
        bazel: Bazel in the scaffolded repository.
        watcher: is told what happens.
        now: the clock.
        digest: of the image, once it is built.
    """

    scratch: Scratch
    registry: str
    paved: Paved
    bazel: Bazel
    watcher: Watcher
    now: Callable[[], datetime]
    digest: str = ""
    told: int = field(default=0)

    @property
    def repository(self) -> str:
        """The image's repository in the local registry."""
        return f"{self.registry}/example/{self.scratch.service.name}"

    @property
    def reference(self) -> str:
        """The released image."""
        return f"{self.repository}@{self.digest}"

    def happened(self, body: Body, when: datetime | None = None) -> None:
        """Append an event to the tour's file."""
        self.told += 1
        event = Event(f"{self.scratch.root.name}/{self.told}", SOURCE, when or self.now(), body)
        with self.scratch.events.open("a", encoding="utf-8") as lines:
            lines.write(line_of(event) + "\n")
