"""Killed at any step, a change is there as a whole or not at all, and the next run goes on."""

import multiprocessing
import os
import signal

import pytest

from paved.adapters.git import Repository
from paved.delivery.release import layout
from paved.delivery.release.model import ENVIRONMENTS
from paved.delivery.status import audit, require_unbroken
from paved.delivery.testing import World, pin_of, verify
from paved.errors import Conflict

FORK = multiprocessing.get_context("fork")
STEPS = ("fetched", "checked", "signed", "committed", "pushed", "forwarded")


def killed_at(world: World, step: str) -> None:
    """Promote orders to stage in a process that is killed when it has come to `step`."""

    def run() -> None:
        world.progress = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None
        world.promote("stage", "orders")

    process = FORK.Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def require_promoted_once(world: World) -> None:
    """Check that stage runs orders 1, by exactly one receipt, and the checkout is level."""
    snapshot = world.snapshot()
    audits = audit(snapshot, ENVIRONMENTS, verify)
    require_unbroken(audits)
    assert [len(item.receipts) for item in audits] == [1, 1, 0]
    assert snapshot.release_set("stage").pins == {"orders": pin_of("orders", "1")}
    assert (world.ops.resolve("HEAD"), world.ops.changed()) == (snapshot.commit, ())


@pytest.mark.parametrize("step", STEPS)
def test_killed_and_run_again(dev: World, step: str) -> None:
    """After kill -9 at a step the remote has all or nothing; the same command then completes it."""
    before = dev.state()
    killed_at(dev, step)
    landed = Repository(dev.remote).resolve("main") != before[0]
    assert landed == (step in ("pushed", "forwarded"))
    if not landed:
        assert dev.state() == before
    assert (dev.promote("stage", "orders").change is None) == landed
    require_promoted_once(dev)


@pytest.mark.parametrize("step", STEPS[:4])
def test_interrupted_by_the_keyboard(dev: World, step: str) -> None:
    """Ctrl-C before the push leaves nothing behind."""
    before = dev.state()

    def interrupt(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    dev.progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        dev.promote("stage", "orders")
    assert dev.state() == before
    assert dev.ops.changed() == ()


def half_forwarded(world: World) -> str:
    """Leave the checkout as an update that was cut off leaves it; return a file it wrote."""
    killed_at(world, "pushed")
    snapshot = world.snapshot()
    (name,) = snapshot.receipt_names("stage")
    for path in (layout.kustomization("orders", "stage"), name.path):
        file = world.ops.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(snapshot.file(path))
    assert len(world.ops.changed()) == 2
    return name.path


def test_a_half_updated_checkout_is_completed(dev: World) -> None:
    """Files that an update wrote before it was cut off are recognised by their bytes."""
    half_forwarded(dev)
    assert dev.promote("stage", "orders").change is None
    require_promoted_once(dev)


def test_a_half_updated_checkout_with_changes_of_the_user(dev: World) -> None:
    """What the user changed meanwhile is theirs: named, kept, and nothing else is complained of."""
    receipt = half_forwarded(dev)
    mine = dev.ops.root / "gitops" / "mine.yaml"
    mine.write_text("mine: yes\n")
    with pytest.raises(Conflict) as caught:
        dev.promote("prod", "orders")
    assert [problem.where for problem in caught.value.problems] == ["gitops/mine.yaml"]
    assert mine.read_text() == "mine: yes\n"
    assert (dev.ops.root / receipt).exists()


def test_a_link_in_the_place_of_a_file_is_the_users(dev: World) -> None:
    """A symbolic link is never taken for a file that an update wrote, whatever it points at."""
    path = dev.ops.root / half_forwarded(dev)
    path.rename(dev.folder / "moved.json")
    path.symlink_to(dev.folder / "moved.json")
    with pytest.raises(Conflict):
        dev.promote("prod", "orders")
    assert path.is_symlink()


def test_an_index_that_is_locked(dev: World) -> None:
    """A checkout that cannot follow does not hold up the change, and follows the next time."""
    lock = dev.ops.root / ".git" / "index.lock"
    lock.touch()
    done = dev.promote("stage", "orders")
    assert "index.lock" in done.behind
    assert dev.snapshot().commit == done.commit
    lock.unlink()
    assert dev.promote("stage", "orders").change is None
    require_promoted_once(dev)
