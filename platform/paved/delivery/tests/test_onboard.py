"""Onboarding: a service's manifests come in once, as they are committed."""

import pytest

from paved.adapters import git, kustomize
from paved.adapters.git import Repository
from paved.delivery import onboard
from paved.delivery.release import layout
from paved.delivery.testing import World, service_files
from paved.errors import Conflict, InputError


def plan(service: Repository) -> object:
    """Return the plan to bring a service in."""
    return onboard.onboard(service, kustomize.build)[1]


def test_base_and_overlays_come_in(world: World) -> None:
    """One commit without a receipt has the base and one overlay per environment, byte for byte."""
    done = world.bring("orders")
    snapshot = world.snapshot()
    found = {entry.path for entry in snapshot.entries("gitops")}
    wanted = {
        path.replace("deploy/", "gitops/apps/orders/"): content
        for path, content in service_files("orders").items()
        if path.startswith("deploy/")
    }
    assert found == set(wanted)
    assert {path: text.decode() for path, text in snapshot.files(found).items()} == wanted
    assert (done.receipt, done.stamp) == ("", None)


def test_twice_is_once(shop: World) -> None:
    """A service that is here already is left alone, its pins included."""
    shop.pin("orders", "1")
    before = shop.state()
    assert shop.bring("orders").change is None
    assert shop.state() == before


def test_a_missing_overlay_is_added(shop: World) -> None:
    """What is here stays, and what is not here yet comes."""
    shop.pin("orders", "1")
    path = layout.kustomization("orders", "prod")
    (shop.ops.root / path).unlink()
    shop.ops.commit_all("chore: drop prod")
    shop.ops.push(shop.ops.resolve("HEAD"), "origin", "main")
    dev = shop.snapshot().file(layout.kustomization("orders", "dev"))
    done = shop.bring("orders")
    assert done.change is not None
    assert set(done.change.files) == {path}
    assert shop.snapshot().file(layout.kustomization("orders", "dev")) == dev


def test_another_base_is_a_conflict(shop: World) -> None:
    """A base that every environment shares is not replaced on the way."""
    service = shop.service("orders")
    (service.root / "deploy/base/deployment.yaml").write_text(
        service_files("orders")["deploy/base/deployment.yaml"] + "# more\n"
    )
    service.commit_all("feat: more")
    before = shop.state()
    with pytest.raises(Conflict, match="shared by every environment"):
        shop.make(onboard.onboard(service, kustomize.build)[1])
    assert shop.state() == before


def test_what_is_not_committed_is_a_conflict(world: World) -> None:
    """Onboarding takes what is committed, and says so when that is not what is there."""
    service = world.service("orders")
    (service.root / "deploy/base/extra.yaml").write_text("a: b\n")
    with pytest.raises(Conflict, match="git add and commit"):
        plan(service)
    (service.root / "deploy/base/extra.yaml").unlink()
    (service.root / "notes.txt").write_text("not deployed\n")
    plan(service)


def test_every_missing_part_is_named(world: World) -> None:
    """All that a service lacks is told at once."""
    service = world.service("orders")
    for path in ("deploy/base", "deploy/overlays/prod"):
        (service.root / path / "kustomization.yaml").unlink()
    service.commit_all("chore: less")
    with pytest.raises(InputError) as caught:
        plan(service)
    assert [problem.where for problem in caught.value.problems] == [
        "deploy/base",
        "deploy/overlays/prod",
    ]


def test_a_link_does_not_come_in(world: World) -> None:
    """A symbolic link could point anywhere in the operations repository."""
    service = world.service("orders")
    (service.root / "deploy/base/secret.yaml").symlink_to("/etc/hostname")
    service.commit_all("chore: link")
    with pytest.raises(InputError, match="link"):
        plan(service)


def test_every_overlay_has_to_build(world: World) -> None:
    """An overlay that Kustomize refuses does not come in."""
    service = world.service("orders")
    (service.root / "deploy/base/kustomization.yaml").write_text("resourcess: []\n")
    service.commit_all("chore: break")
    with pytest.raises(InputError) as caught:
        plan(service)
    assert len(caught.value.problems) == 3
    assert all("resourcess" in problem.what for problem in caught.value.problems)


@pytest.mark.parametrize("text", ["", "metadata: {}\n", "metadata: {name: ../up}\n", "a: [\n"])
def test_a_service_has_to_say_its_name(world: World, text: str) -> None:
    """The name is catalog-info.yaml's, and a DNS label."""
    service = world.service("orders")
    (service.root / "catalog-info.yaml").write_text(text)
    service.commit_all("chore: rename")
    with pytest.raises(InputError):
        plan(service)


def test_a_folder_that_is_no_repository(world: World) -> None:
    """A folder without Git is an input error with a hint."""
    (world.folder / "plain").mkdir()
    with pytest.raises(InputError, match="not a Git working copy"):
        git.open_repository(world.folder / "plain")
