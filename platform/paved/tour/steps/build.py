"""Steps 2 and 3: Bazel builds and tests the repository, and makes the same image twice."""

from collections.abc import Sequence

from paved.metrics.events.model import ArtifactPublished
from paved.supply import assemble, layout
from paved.tour.model import Figure
from paved.tour.ports import StepFailed
from paved.tour.steps.journey import Journey
from paved.tour.steps.scaffold import last_commit

LAYERS = ("base", "wheels", "application")
MEGABYTE = 1_000_000


def build_and_test(journey: Journey) -> Sequence[Figure]:
    """Build everything that the BUILD file names, and run its tests."""
    lines = len((journey.scratch.service / "BUILD.bazel").read_text("utf-8").splitlines())
    journey.watcher.tell("$ bazelw test //...")
    outcome = journey.bazel.test("//...")
    if not outcome.passed:
        raise StepFailed("the scaffolded repository has no test")
    return [
        Figure("lines of BUILD.bazel", lines),
        Figure("tests passed", len(outcome.passed)),
        Figure("Bazel", outcome.seconds, "s"),
    ]


def image_twice(journey: Journey) -> Sequence[Figure]:
    """Read the image, build it again from clean, and compare the digests."""
    journey.digest = digest(journey)
    journey.watcher.tell(f"first build:  {journey.digest}")
    journey.watcher.tell("$ bazelw clean && bazelw build //:signed")
    journey.bazel.clean()
    journey.bazel.build("//:signed")
    again = digest(journey)
    journey.watcher.tell(f"second build: {again}")
    if again != journey.digest:
        raise StepFailed(f"two builds from clean differ: {journey.digest} and {again}")
    journey.happened(
        ArtifactPublished(
            f"pkg:oci/{journey.scratch.service.name}@{journey.digest}",
            commits=(last_commit(journey),),
        )
    )
    return sizes(journey)


def digest(journey: Journey) -> str:
    """Return the digest of the image in the signed layout."""
    return str(assemble.image_descriptor(journey.scratch.signed)["digest"])


def sizes(journey: Journey) -> Sequence[Figure]:
    """Return the size of each layer and of all, uncompressed."""
    image = layout.read(journey.scratch.signed).image
    if image is None:
        raise StepFailed(f"{journey.scratch.signed} has no image")
    layers = image.manifest.layers
    if len(layers) != len(LAYERS):
        raise StepFailed(f"expected the layers {', '.join(LAYERS)}, found {len(layers)}")
    each = [
        Figure(f"{name} layer", layer.size / MEGABYTE, "MB")
        for name, layer in zip(LAYERS, layers, strict=True)
    ]
    return [*each, Figure("image", sum(layer.size for layer in layers) / MEGABYTE, "MB")]
