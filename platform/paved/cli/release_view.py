"""How the release commands print what they did; data on stdout, the rest on stderr."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from paved.adapters.git import Repository
from paved.cli import output
from paved.delivery import difference
from paved.delivery.promotion.publish import Landed
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import documents, events
from paved.delivery.release.model import ENVIRONMENTS, Outcome, short
from paved.delivery.status import Audit, Table

MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✗", Outcome.NO_DATA: "-"}


def landed(done: Landed, *, as_json: bool, events_file: Path | None = None) -> None:
    """Print what landed, and append its events to `events_file`."""
    told = _events(done)
    if events_file:
        with events_file.open("a", encoding="utf-8") as handle:
            handle.writelines(json.dumps(event, sort_keys=True) + "\n" for event in told)
    if as_json:
        output.data({**_document(done), "events": told})
    else:
        _text(done)
    if done.behind:
        output.note(f"this checkout is behind the remote: {done.behind}")


def planned(done: Landed, repository: Repository, *, as_json: bool) -> None:
    """Print what a change would do, as a unified diff."""
    files = done.change.files if done.change else {}
    before = Snapshot(repository, done.commit).files(files)
    text = difference.unified(before, files)
    if as_json:
        output.data({**_document(done), "diff": text})
        return
    _checks(done)
    output.text(text.rstrip("\n") if text else "nothing to do")
    output.note("nothing was written; the commit itself adds a signed receipt for what it moves")


def table(rows: Table, *, as_json: bool) -> None:
    """Print which digest of which service each environment runs."""
    if as_json:
        services = {
            name: {
                environment: {**asdict(cell.pin), "overlay": cell.overlay, "denied": cell.denied}
                for environment, cell in cells.items()
            }
            for name, cells in rows.items()
        }
        output.data({"environments": list(ENVIRONMENTS), "services": services})
        return
    width = max((len(name) for name in rows), default=0)
    width = max(width, len("service"))
    head = "  ".join(f"{name:<12}" for name in ENVIRONMENTS)
    output.text(f"{'service':<{width}}  {head}".rstrip())
    for name, cells in rows.items():
        shown = (short(cells[env].pin.digest) if env in cells else "-" for env in ENVIRONMENTS)
        output.text(f"{name:<{width}}  " + "  ".join(f"{text:<12}" for text in shown).rstrip())
        for environment, cell in cells.items():
            if cell.note:
                output.note(f"{name} in {environment}: {cell.note}")


def audits(found: Iterable[Audit], *, verified: bool, as_json: bool) -> None:
    """Print receipts, and whether their chains hold when that was looked at."""
    if as_json:
        output.data({"verified": verified, "environments": [_audit(item) for item in found]})
        return
    for item in found:
        for receipt in item.receipts:
            services = ", ".join(receipt.services)
            when = f"{receipt.when:%Y-%m-%d %H:%M:%S}Z"
            output.text(
                f"{when}  {receipt.operation:<8}  {services}  {receipt.who}  {receipt.path}"
            )
        number = len(item.receipts)
        count = f"{item.environment}: {number} receipt{'' if number == 1 else 's'}"
        if verified:
            count += ", the chain is broken" if item.problems else ", chain and signatures hold"
        output.note(count)


def _audit(item: Audit) -> dict[str, object]:
    return {
        "environment": item.environment,
        "problems": [asdict(problem) for problem in item.problems],
        "receipts": [
            {
                "path": receipt.path,
                "sequence": receipt.sequence,
                "operation": receipt.operation,
                "services": receipt.services,
                "who": receipt.who,
                "when": documents.instant(receipt.when),
                "before": receipt.before or None,
                "after": receipt.after,
            }
            for receipt in item.receipts
        ],
    }


def _events(done: Landed) -> list[events.Event]:
    if done.change is None or done.change.record is None or done.stamp is None:
        return []
    return [*events.deployments(done.change.record, done.commit, done.stamp.when)]


def _document(done: Landed) -> dict[str, object]:
    record = done.change.record if done.change else None
    return {
        "changed": done.change is not None,
        "commit": done.commit,
        "receipt": done.receipt or None,
        "moves": [asdict(move) for move in record.moves] if record else [],
        "checks": [asdict(check) for check in record.checks] if record else [],
        "files": sorted(done.change.files) if done.change else [],
        "checkout": done.behind or "forwarded",
    }


def _text(done: Landed) -> None:
    _checks(done)
    if done.change is None:
        output.text("nothing to do: it is so already")
        return
    record = done.change.record
    for move in record.moves if record else ():
        before = short(move.before.digest) if move.before else "nothing"
        place = record.environment if record else ""
        output.text(f"{place}: {move.service} {before} -> {short(move.after.digest)}")
    if record is None:
        output.text(done.change.message)
    output.text(f"commit {done.commit}")
    if done.receipt:
        output.text(f"receipt {done.receipt}")


def _checks(done: Landed) -> None:
    record = done.change.record if done.change else None
    for check in record.checks if record else ():
        output.note(
            f"{MARKS[check.outcome]} {check.name} {check.subject}: {check.detail}".rstrip(": ")
        )
