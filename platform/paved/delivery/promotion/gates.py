"""The gates of a change: each looks at facts and returns checks, none of them writes or raises.

`require` turns what failed into one refusal that names every reason.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from paved.delivery.promotion.ports import Inspect
from paved.delivery.release.chain import Verify, tip, unsigned
from paved.delivery.release.model import (
    Check,
    Denied,
    Evidence,
    Move,
    Outcome,
    Policy,
    previous,
    short,
)
from paved.delivery.release.receipt import Receipt
from paved.errors import Problem, Refused

NOT_CONNECTED = (
    ("error-budget", "not checked: promotion is not connected to error budgets"),
    ("policies", "not checked: promotion does not run the policies over what it rendered"),
)


def require(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return `checks` when none failed, else raise Refused with every one that did."""
    every = tuple(checks)
    failed = [check for check in every if check.outcome is Outcome.FAIL]
    if failed:
        raise Refused(*(_problem(check) for check in failed))
    return every


def _problem(check: Check) -> Problem:
    where = f"{check.subject} ({check.name})"
    return Problem(check.detail, where=where, hint=check.hint)


def failed(name: str, subject: str, detail: str, hint: str = "") -> Check:
    """Return a failed check."""
    return Check(name, subject, Outcome.FAIL, detail, hint)


def passed(name: str, subject: str, detail: str = "") -> Check:
    """Return a passed check."""
    return Check(name, subject, Outcome.PASS, detail)


def not_connected(environment: str) -> Iterator[Check]:
    """Return, as having no data, the gates that nothing feeds."""
    return (Check(name, environment, Outcome.NO_DATA, why) for name, why in NOT_CONNECTED)


def denylist(moves: Iterable[Move], denied: Iterable[Denied]) -> Iterator[Check]:
    """Refuse a digest that was rolled back anywhere."""
    listed = {item.digest: item for item in denied}
    for move in moves:
        found = listed.get(move.after.digest)
        if found:
            detail = f"{short(found.digest)} was rolled back in {found.environment}: {found.reason}"
            yield failed("denylist", move.service, detail, "build and pin a corrected image")
        else:
            yield passed("denylist", move.service)


def freeze(environment: str, policy: Policy, now: datetime) -> Iterator[Check]:
    """Refuse every change while a window is frozen."""
    held = [
        item
        for item in policy.freezes
        if environment in item.environments and item.start <= now < item.end
    ]
    for item in held:
        until = f"{item.end:%Y-%m-%d %H:%M %Z}"
        yield failed("freeze", environment, f"frozen until {until}: {item.reason}")
    if not held:
        yield passed("freeze", environment)


def soak(
    moves: Iterable[Move],
    environment: str,
    policy: Policy,
    since: Mapping[str, datetime],
    now: datetime,
) -> Iterator[Check]:
    """Refuse a pin that was not in the previous environment for long enough.

    Args:
        moves: what is promoted.
        environment: the target.
        policy: says how long.
        since: when each service's pin last moved in the previous environment.
        now: the time.
    """
    needed = policy.soak.get(environment, timedelta(0))
    for move in moves:
        spent = now - since[move.service] if move.service in since else timedelta(0)
        if spent >= needed:
            yield passed("soak", move.service, f"{spent} of {needed}")
        else:
            detail = f"in {previous(environment)} for {spent}, not yet for {needed}"
            yield failed("soak", move.service, detail, f"promote it in {needed - spent}")


def agreement(moves: Iterable[Move], source: str, pinned: Mapping[str, str]) -> Iterator[Check]:
    """Refuse a digest that the previous environment's set names and its overlay does not pin.

    Args:
        moves: what is promoted.
        source: the previous environment.
        pinned: the digest in each service's overlay of `source`.
    """
    for move in moves:
        found = pinned.get(move.service, "")
        if found == move.after.digest:
            yield passed("in-previous", move.service, f"{short(found)} in {source}")
        else:
            told = short(found) or "nothing"
            detail = f"{source}'s set has {short(move.after.digest)}, its overlay pins {told}"
            yield failed("in-previous", move.service, detail, f"pin it in {source} again")


def supply_chain(moves: Iterable[Move], inspect: Inspect) -> Iterator[Check]:
    """Refuse an image whose signature, SBOM or provenance is missing or does not verify."""
    for move in moves:
        try:
            evidence = inspect(move.after.reference)
        except Refused as error:
            for problem in error.problems:
                detail = f"{problem.where}: {problem.what}" if problem.where else problem.what
                yield failed("supply-chain", move.service, detail, problem.hint)
        else:
            yield from _same_evidence(move, evidence)


def _same_evidence(move: Move, found: Evidence) -> Iterator[Check]:
    pin = move.after
    wrong = [
        f"the set records {name} {short(told) or 'none'}, verified was {_listed(seen)}"
        for name, told, seen in (
            ("SBOM", pin.sbom, found.sboms),
            ("provenance", pin.provenance, found.provenances),
            ("commit", pin.commit, found.commits or {pin.commit}),
        )
        if told not in seen
    ]
    for detail in wrong:
        yield failed("supply-chain", move.service, detail, "pin the image again")
    if not wrong:
        yield passed("supply-chain", move.service, "signature, SBOM and provenance verified")


def _listed(digests: Collection[str]) -> str:
    return ", ".join(sorted(short(digest) for digest in digests)) or "none"


def covered(
    receipts: tuple[Receipt, ...], environment: str, set_digest: str, verify: Verify
) -> Iterator[Check]:
    """Refuse when an environment's set is not the one its last receipt, verified, speaks of.

    Args:
        receipts: the last one, or none.
        environment: whose they are.
        set_digest: of the set's file, empty when there is none.
        verify: checks a receipt's signature.
    """
    problems = [*tip(receipts, environment, set_digest)]
    for item in receipts:
        problems.extend(unsigned(item, verify))
    for problem in problems:
        detail = f"{problem.where}: {problem.what}"
        yield failed("receipts", environment, detail, problem.hint)
    if not problems:
        yield passed("receipts", environment, receipts[-1].path if receipts else "none yet")
