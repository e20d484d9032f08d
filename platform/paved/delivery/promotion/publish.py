"""One change, one commit, pushed to the remote's main: all of it or nothing.

A change is planned on the remote's latest commit, made as a commit that nothing refers to, and
pushed. The push is the one step that counts: before it nothing has happened, after it everything
has. When the remote moved meanwhile, the change is planned anew on what is there now. The working
copy is brought forward last; when that is interrupted, the next run finishes it.
"""

from dataclasses import dataclass
from datetime import datetime

from paved.adapters.git import Identity, Repository, Verdict
from paved.delivery.promotion import checkout
from paved.delivery.promotion.plans import Plan
from paved.delivery.promotion.ports import Ports
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import layout, receipt
from paved.delivery.release.model import Change, Move, Record
from paved.delivery.release.receipt import Stamp
from paved.errors import Conflict, Problem, Refused

ATTEMPTS = 8
LOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Remote:
    """Where changes go."""

    name: str = "origin"
    branch: str = "main"


@dataclass(frozen=True, slots=True)
class Landed:
    """A change that is on the remote.

    `commit` is the remote's commit that has it; `receipt` its receipt's path, empty without one;
    `behind` is Git's reason why the working copy could not follow, empty when it did.
    """

    commit: str
    change: Change | None
    stamp: Stamp | None
    receipt: str
    behind: str


def publish(repository: Repository, remote: Remote, plan: Plan, ports: Ports) -> Landed:
    """Make the change that `plan` asks for, as one commit on the remote's branch.

    Raises:
        Refused: a gate or the remote's own rules say no; nothing was written.
        Conflict: the checkout has changes of its own, or others kept moving what this moves.
        EnvironmentProblem: the remote does not answer, or Git has no identity.
    """
    who = repository.identity()
    with repository.exclusive("paved-release", LOCK_SECONDS):
        first: Change | None = None
        for _ in range(ATTEMPTS):
            snapshot = _latest(repository, remote, ports)
            change = plan(snapshot)
            ports.progress("checked")
            if change is None:
                behind = checkout.forward(repository, remote.branch, snapshot.commit)
                return Landed(snapshot.commit, None, None, "", behind)
            _same_intent(first, change)
            first = first or change
            landed = _try(snapshot, remote, change, who, ports)
            if landed:
                return landed
    what = f"others moved {remote.name}/{remote.branch} {ATTEMPTS} times while this was made"
    raise Conflict(Problem(what, where=str(repository.root), hint="run the same command again"))


def preview(repository: Repository, remote: Remote, plan: Plan, ports: Ports) -> Landed:
    """Return what `publish` would make, with every gate judged and nothing signed or pushed."""
    with repository.exclusive("paved-release", LOCK_SECONDS):
        snapshot = _latest(repository, remote, ports)
        return Landed(snapshot.commit, plan(snapshot), None, "", "")


def _latest(repository: Repository, remote: Remote, ports: Ports) -> Snapshot:
    commit = repository.fetch(remote.name, remote.branch)
    ports.progress("fetched")
    checkout.require_clean(repository, remote.branch, commit)
    return Snapshot(repository, commit)


def _try(
    snapshot: Snapshot, remote: Remote, change: Change, who: Identity, ports: Ports
) -> Landed | None:
    """Push `change` once; return None when the remote has moved."""
    repository, now = snapshot.repository, ports.now()
    stamp, path, files = _signed(snapshot, change, who, now, ports)
    message = f"{change.message}\n" + (f"\nReceipt: {path}\n" if path else "")
    commit = repository.commit(snapshot.commit, files, message, who, now)
    ports.progress("committed")
    push = repository.push(commit, remote.name, remote.branch)
    if push.verdict is Verdict.MOVED:
        return None
    if push.verdict is Verdict.DECLINED:
        raise Refused(Problem(f"the remote declined the commit: {push.reason}", where=remote.name))
    ports.progress("pushed")
    behind = checkout.forward(repository, remote.branch, commit)
    ports.progress("forwarded")
    return Landed(commit, change, stamp, path, behind)


def _signed(
    snapshot: Snapshot, change: Change, who: Identity, now: datetime, ports: Ports
) -> tuple[Stamp | None, str, dict[str, bytes]]:
    """Return the stamp, the receipt's path and every file of `change` with its receipt."""
    record = change.record
    if record is None:
        return None, "", dict(change.files)
    after = receipt.file_digest(change.files[layout.release_set(record.environment)])
    stamp = Stamp(
        sequence=_next(snapshot, record.environment),
        name=who.name,
        email=who.email,
        when=now,
        before=snapshot.set_digest(record.environment),
        after=after,
    )
    bundle = ports.sign(receipt.statement(record, stamp))
    ports.progress("signed")
    path = _path(record, stamp)
    return stamp, path, {**change.files, path: bundle}


def _next(snapshot: Snapshot, environment: str) -> int:
    names = snapshot.receipt_names(environment)
    return names[-1].sequence + 1 if names else 1


def _path(record: Record, stamp: Stamp) -> str:
    single = len(record.moves) == 1
    digest = record.moves[0].after.digest if single else stamp.after
    return layout.receipt(record.environment, stamp.sequence, record.label, digest)


def _same_intent(first: Change | None, now: Change) -> None:
    """Raise Conflict when what was asked for means something else on the remote's new commit."""
    if first is None or first.record is None or now.record is None:
        return
    intended = set(first.record.moves)
    others = [move for move in now.record.moves if move not in intended]
    if others:
        raise Conflict(*(_moved(move, now.record.environment) for move in others))


def _moved(move: Move, environment: str) -> Problem:
    what = f"someone else moved {move.service} while this was made"
    hint = "look at paved release status, and run the same command again if it still holds"
    return Problem(what, where=environment, hint=hint)
