"""The three ways a pin moves: pin to dev, promote one environment on, roll back.

Each function returns a plan for `paved.delivery.promotion.publish`: called with a snapshot, it
judges every gate and returns the change, None when the change is made already, or raises Refused
with every reason. Plans write nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from paved.adapters.git import Identity
from paved.delivery.promotion import compose, gates, soaking
from paved.delivery.promotion.ports import Ports
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import documents, layout
from paved.delivery.release.model import (
    ENVIRONMENTS,
    Change,
    Check,
    Denied,
    Move,
    Operation,
    Outcome,
    Pin,
    Record,
    previous,
    short,
)
from paved.errors import Conflict, InputError, Problem, Refused

FIRST = ENVIRONMENTS[0]

Plan = Callable[[Snapshot], Change | None]
"""Returns the change to make on a snapshot, None when it is made already; raises to refuse."""


def pin(service: str, wanted: Pin, ports: Ports) -> Plan:
    """Plan to run `wanted` in dev: the one way a new digest comes in.

    Dev takes images that are not signed; the next environment does not.

    Raises:
        InputError: the service's name or a fact is malformed.
    """
    documents.require_valid(service, wanted)

    def checks(snapshot: Snapshot, moves: tuple[Move, ...]) -> Iterator[Check]:
        yield from gates.denylist(moves, snapshot.denied())
        yield from gates.freeze(FIRST, snapshot.policy(), ports.now())
        yield Check("supply-chain", service, Outcome.NO_DATA, "not asked for in dev")

    def plan(snapshot: Snapshot) -> Change | None:
        moves = compose.moves(snapshot, FIRST, {service: wanted})
        record = Record(Operation.PIN, FIRST, moves)
        return compose.change(snapshot, record, checks(snapshot, moves), ports)

    return plan


def promote(target: str, service: str, ports: Ports, *, digest: str = "") -> Plan:
    """Plan to run in `target` what the environment before it runs.

    Args:
        target: stage or prod.
        service: which one, empty for the whole set.
        ports: the hands.
        digest: what the caller believes is promoted; another one is refused.

    Raises:
        InputError: nothing comes before `target`.
    """
    source = previous(target)
    if not source:
        expected = " or ".join(ENVIRONMENTS[1:])
        raise InputError(
            Problem(f"nothing is promoted to {target}", expected=expected, hint="paved release pin")
        )

    def checks(snapshot: Snapshot, moves: tuple[Move, ...]) -> Iterator[Check]:
        policy, now = snapshot.policy(), ports.now()
        yield from gates.agreement(moves, source, compose.pinned(snapshot, source, moves))
        for environment in (source, target):
            tip, content = snapshot.last_receipt(environment), snapshot.set_digest(environment)
            yield from gates.covered(tip, environment, content, ports.verify_receipt)
        yield from gates.supply_chain(moves, ports.inspect)
        yield from gates.denylist(moves, snapshot.denied())
        yield from gates.freeze(target, policy, now)
        since = soaking.since(snapshot, target, moves, ports.verify_receipt)
        yield from gates.soak(moves, target, policy, since, now)
        yield from gates.not_connected(target)

    def plan(snapshot: Snapshot) -> Change | None:
        moves = compose.moves(snapshot, target, _wanted(snapshot, source, service, digest))
        record = Record(Operation.PROMOTE, target, moves, source=source)
        return compose.change(snapshot, record, checks(snapshot, moves), ports)

    return plan


def rollback(
    environment: str, service: str, who: Identity, ports: Ports, *, reason: str, digest: str = ""
) -> Plan:
    """Plan to run in `environment` what it ran before, and never again what it runs now.

    The last pin of another digest that is not on the denylist comes back; a freeze does not hold
    it up.

    Args:
        environment: any.
        service: which one.
        who: puts the bad digest on the denylist.
        ports: the hands.
        reason: goes to the denylist and the receipt.
        digest: the bad one, as the caller saw it; when it is gone already, nothing is done.
    """

    def checks(moves: tuple[Move, ...]) -> Iterator[Check]:
        if environment != FIRST:
            yield from gates.supply_chain(moves, ports.inspect)

    def plan(snapshot: Snapshot) -> Change | None:
        bad = _pinned(snapshot, environment, service)
        if digest and bad.digest != digest:
            _require_denied(snapshot, environment, service, digest)
            return None
        good, brought = _last_good(snapshot, environment, service, bad)
        moves = (Move(service, bad, good),)
        since, by = ports.now(), f"{who.name} <{who.email}>"
        denied = Denied(bad.digest, service, environment, reason, since, by)
        record = Record(Operation.ROLLBACK, environment, moves, reason=reason, reverts=brought)
        change = compose.change(snapshot, record, checks(moves), ports)
        return change and replace(change, files={**change.files, **_with(snapshot, denied)})

    return plan


def _wanted(snapshot: Snapshot, source: str, service: str, digest: str) -> Mapping[str, Pin]:
    """Return what `source` offers: one service's pin, or all of them."""
    if not service:
        return snapshot.release_set(source).pins
    found = _pinned(snapshot, source, service)
    if digest and found.digest != digest:
        what = f"{source} runs {short(found.digest)}, not {short(digest)}"
        hint = f"a digest comes to {source} first"
        raise Refused(Problem(what, where=f"{service} (in-previous)", hint=hint))
    return {service: found}


def _pinned(snapshot: Snapshot, environment: str, service: str) -> Pin:
    pins = snapshot.release_set(environment).pins
    if service in pins:
        return pins[service]
    what = f"{environment} does not run {service}"
    known = ", ".join(sorted(pins)) or "none"
    raise Refused(Problem(what, where=f"{service} (in-previous)", expected=f"one of: {known}"))


def _last_good(snapshot: Snapshot, environment: str, service: str, bad: Pin) -> tuple[Pin, str]:
    """Return the pin to go back to, and the commit that brought the bad one."""
    denied = {item.digest for item in snapshot.denied()} | {bad.digest}
    brought, still_bad = "", True
    for commit, release in snapshot.history(environment):
        found = release.pins.get(service)
        if found and found.digest not in denied:
            return found, brought
        still_bad = still_bad and found is not None and found.digest == bad.digest
        brought = commit if still_bad else brought
    what = f"{environment} has run no other digest of {service} that is not denied"
    raise Refused(Problem(what, where=service, hint="pin and promote a corrected image"))


def _require_denied(snapshot: Snapshot, environment: str, service: str, digest: str) -> None:
    """Raise Conflict unless `digest` was rolled back before."""
    for item in snapshot.denied():
        if (item.digest, item.service, item.environment) == (digest, service, environment):
            return
    what = f"{environment} does not run {short(digest)} of {service}"
    raise Conflict(Problem(what, where=service, hint="look at paved release status"))


def _with(snapshot: Snapshot, denied: Denied) -> Mapping[str, bytes]:
    return {layout.DENYLIST: documents.write_denylist((*snapshot.denied(), denied))}
