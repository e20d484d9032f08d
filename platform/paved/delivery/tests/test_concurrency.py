"""Two at once: nothing is lost, nothing is half-promoted, and nobody is overwritten.

The processes are real. Each waits, with its commit made and not yet pushed, until the other has
one too: both were planned on the same commit, so exactly one push can land first.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import pytest

from paved.adapters.git import Repository
from paved.delivery.promotion import plans
from paved.delivery.promotion.publish import ATTEMPTS
from paved.delivery.release.model import ENVIRONMENTS
from paved.delivery.status import audit, require_unbroken
from paved.delivery.testing import World, digest_of, pin_of, verify
from paved.errors import Conflict, PavedError

FORK = multiprocessing.get_context("fork")
SECONDS = 60.0

Act = Callable[[World, Repository], object]


def at_once(world: World, *acts: Act) -> list[str]:
    """Run each act in a process and a checkout of its own; return how each ended, sorted."""
    world.snapshot()
    answers: Queue[str] = FORK.Queue()
    met = FORK.Barrier(len(acts))
    checkouts = [world.checkout(f"ops-{number}") for number in range(len(acts))]
    processes = [
        FORK.Process(target=_run, args=(world, checkout, act, met, answers))
        for checkout, act in zip(checkouts, acts, strict=True)
    ]
    for process in processes:
        process.start()
    ends = sorted(answers.get(timeout=SECONDS) for _ in processes)
    for process in processes:
        process.join(SECONDS)
    for checkout in checkouts:
        assert checkout.changed() == ()
    return ends


def _run(world: World, ops: Repository, act: Act, met: Barrier, answers: "Queue[str]") -> None:
    waited: list[str] = []

    def meet(step: str) -> None:
        if step == "committed" and not waited:
            waited.append(step)
            met.wait(SECONDS)

    world.progress = meet
    try:
        answers.put("done" if act(world, ops) else "nothing to do")
    except PavedError as error:
        answers.put(error.kind)


def promoting(target: str, service: str) -> Act:
    """Return the act of promoting."""
    return lambda world, ops: world.make(plans.promote(target, service, world.ports), ops).change


def pinning(service: str, version: str) -> Act:
    """Return the act of pinning."""
    pin = pin_of(service, version)
    return lambda world, ops: world.make(plans.pin(service, pin, world.ports), ops).change


def receipts(world: World, environment: str) -> int:
    """Return how many receipts an environment has, after checking every chain."""
    audits = audit(world.snapshot(), ENVIRONMENTS, verify)
    require_unbroken(audits)
    return len(audits[ENVIRONMENTS.index(environment)].receipts)


def test_two_services_both_land(dev: World) -> None:
    """Promotions that do not touch each other are both made, one after the other."""
    dev.bring("billing")
    dev.pin("billing", "1")
    ends = at_once(dev, promoting("stage", "orders"), promoting("stage", "billing"))
    assert ends == ["done", "done"]
    assert set(dev.snapshot().release_set("stage").pins) == {"orders", "billing"}
    assert receipts(dev, "stage") == 2


def test_the_same_promotion_lands_once(dev: World) -> None:
    """Of two equal promotions one lands, and the other finds it made."""
    ends = at_once(dev, promoting("stage", "orders"), promoting("stage", "orders"))
    assert ends == ["done", "nothing to do"]
    assert receipts(dev, "stage") == 1


def test_what_was_meant_is_what_is_promoted(dev: World) -> None:
    """A promotion overtaken by a new pin in dev is a conflict, or came first: never the new pin."""
    dev.build(pin_of("orders", "2"))
    ends = at_once(dev, promoting("stage", "orders"), pinning("orders", "2"))
    stage = dev.snapshot().release_set("stage").pins
    assert dev.snapshot().release_set("dev").pins["orders"].digest == digest_of("orders 2")
    if ends == ["conflict", "done"]:
        assert stage == {}
    else:
        assert ends == ["done", "done"]
        assert stage["orders"].digest == digest_of("orders 1")


def test_two_pins_of_one_service(dev: World) -> None:
    """Of two different pins one lands, and the other is a conflict rather than the last word."""
    ends = at_once(dev, pinning("orders", "2"), pinning("orders", "3"))
    assert ends == ["conflict", "done"]
    assert receipts(dev, "dev") == 2


def test_two_rollbacks_go_back_once(prod: World) -> None:
    """A second rollback of the same digest does not go on to an older one."""
    prod.release("orders", "3")

    def back(world: World, ops: Repository) -> object:
        return world.make(world.rollback_plan("prod", "orders"), ops).change

    assert at_once(prod, back, back) == ["conflict", "done"]
    assert prod.snapshot().release_set("prod").pins["orders"].digest == digest_of("orders 2")


def test_a_remote_that_never_rests(dev: World) -> None:
    """When the remote moves each time, the command gives up after a bounded number of tries."""
    tries: list[str] = []

    def overtake(step: str) -> None:
        if step == "committed":
            tries.append(dev.commit({"notes.txt": str(len(tries)).encode()}))

    dev.progress = overtake
    with pytest.raises(Conflict, match="run the same command again"):
        dev.promote("stage", "orders")
    assert len(tries) == ATTEMPTS
    assert dev.snapshot().commit == tries[-1]
    assert receipts(dev, "stage") == 0


def test_two_in_one_checkout(dev: World) -> None:
    """Two processes in the same checkout take turns."""
    answers: Queue[str] = FORK.Queue()

    def act(target_ops: Repository) -> None:
        done = dev.make(plans.promote("stage", "orders", dev.ports), target_ops)
        answers.put("done" if done.change else "nothing to do")

    processes = [FORK.Process(target=act, args=(dev.ops,)) for _ in range(2)]
    for process in processes:
        process.start()
    assert sorted(answers.get(timeout=SECONDS) for _ in processes) == ["done", "nothing to do"]
    for process in processes:
        process.join(SECONDS)
    assert receipts(dev, "stage") == 1
    assert dev.ops.changed() == ()
