"""Whatever order pins, promotions and rollbacks come in, the rules of delivery hold.

A model of the rules in a dozen lines predicts each outcome; the real thing, over real Git and
Kustomize, has to agree, and the invariants are checked on what the remote then has.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from paved.delivery import testing as worlds
from paved.delivery.promotion.publish import Landed
from paved.delivery.release.model import ENVIRONMENTS, previous
from paved.delivery.status import audit, require_unbroken
from paved.delivery.testing import World, digest_of, verify
from paved.errors import Refused

SERVICES = ("orders", "billing")
services = st.sampled_from(SERVICES)
versions = st.sampled_from(("1", "2", "3"))
environments = st.sampled_from(ENVIRONMENTS)
targets = st.sampled_from(ENVIRONMENTS[1:])
Cells = dict[tuple[str, str], str]


class Releases(RuleBasedStateMachine):
    """Pins, promotions and rollbacks of two services through three environments."""

    seed: World

    @initialize()
    def begin(self) -> None:
        """Begin with two onboarded services and nothing pinned."""
        self.folder = Path(tempfile.mkdtemp(prefix="paved-states-"))
        self.world = worlds.copy_of(self.seed, self.folder / "world")
        self.running: Cells = {}
        self.past: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.denied: set[str] = set()
        self.receipts = 0

    def teardown(self) -> None:
        """Remove what was made."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @rule(service=services, version=versions)
    def pin(self, service: str, version: str) -> None:
        """Pin a version in dev: refused when it is denied, nothing when it runs."""
        digest = digest_of(f"{service} {version}")
        self.expect({("dev", service): digest}, lambda: self.world.pin(service, version))

    @rule(place=targets, service=services)
    def promote(self, place: str, service: str) -> None:
        """Promote one service: refused when it is not in the previous environment."""
        digest = self.running.get((previous(place), service), "")
        self.expect({(place, service): digest}, lambda: self.world.promote(place, service))

    @rule(place=targets)
    def promote_all(self, place: str) -> None:
        """Promote the set: refused as a whole when one of it is denied."""
        wanted = {
            (place, service): digest
            for (environment, service), digest in self.running.items()
            if environment == previous(place)
        }
        self.expect(wanted, lambda: self.world.promote(place))

    @rule(environment=environments, service=services)
    def rollback(self, environment: str, service: str) -> None:
        """Roll back: refused when nothing good ran before."""
        cell = (environment, service)
        bad = self.running.get(cell, "")
        before = [d for d in self.past[cell] if d not in self.denied | {bad}]
        if self.expect(
            {cell: before[-1] if bad and before else ""},
            lambda: self.world.rollback(environment, service),
        ):
            self.denied.add(bad)

    def expect(self, wanted: Cells, act: Callable[[], Landed]) -> bool:
        """Act, and check that the outcome is the predicted one; return whether it changed."""
        moves = {
            cell: digest for cell, digest in wanted.items() if self.running.get(cell) != digest
        }
        before = self.world.state()
        if any(not digest or digest in self.denied for digest in moves.values()):
            try:
                act()
            except Refused:
                assert self.world.state() == before
                return False
            raise AssertionError(moves)
        done = act()
        assert (done.change is not None) == bool(moves)
        self.receipts += bool(moves)
        for cell, digest in moves.items():
            self.running[cell] = digest
            self.past[cell].append(digest)
        return bool(moves)

    @invariant()
    def the_remote_is_as_predicted(self) -> None:
        """Each set and each overlay has what the model has."""
        snapshot = self.world.snapshot()
        found = {
            (environment, service): pin.digest
            for environment in ENVIRONMENTS
            for service, pin in snapshot.release_set(environment).pins.items()
        }
        assert found == self.running
        assert {item.digest for item in snapshot.denied()} == self.denied

    @invariant()
    def prod_was_in_stage_was_in_dev(self) -> None:
        """No digest is in an environment that it did not come to by the one before."""
        for (environment, service), digest in self.running.items():
            if source := previous(environment):
                assert digest in self.past[source, service]

    @invariant()
    def every_change_has_one_receipt(self) -> None:
        """As many receipts as changes, in chains that hold, with every signature good."""
        audits = audit(self.world.snapshot(), ENVIRONMENTS, verify)
        require_unbroken(audits)
        assert sum(len(item.receipts) for item in audits) == self.receipts


def test_releases(shop: World) -> None:
    """No sequence of pins, promotions and rollbacks breaks a rule of delivery."""
    shop.bring("billing")
    machine = type("Seeded", (Releases,), {"seed": shop})
    settings_ = settings(
        max_examples=10,
        stateful_step_count=14,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(machine, settings=settings_)
