"""Which digest of which service each environment runs, and what is wrong with that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from paved.delivery.promotion import compose
from paved.delivery.promotion.snapshot import Snapshot
from paved.delivery.release import chain
from paved.delivery.release.chain import Verify
from paved.delivery.release.model import ENVIRONMENTS, Move, Pin
from paved.delivery.release.receipt import Receipt
from paved.errors import Problem, Refused


@dataclass(frozen=True, slots=True)
class Cell:
    """One service in one environment.

    `overlay` is the digest that the overlay pins, `denied` whether the digest is denylisted.
    """

    pin: Pin
    overlay: str
    denied: bool

    @property
    def note(self) -> str:
        """Return what is wrong, empty when nothing is."""
        said = []
        if self.overlay != self.pin.digest:
            said.append("overlay differs")
        if self.denied:
            said.append("denied")
        return ", ".join(said)


Table = Mapping[str, Mapping[str, Cell]]
"""Cells by service and environment; an environment that does not run a service has none."""


def table(snapshot: Snapshot) -> Table:
    """Return what `snapshot` says runs where, by service name and environment order."""
    rows: dict[str, dict[str, Cell]] = {}
    denied = {item.digest for item in snapshot.denied()}
    for environment in ENVIRONMENTS:
        pins = snapshot.release_set(environment).pins
        moves = tuple(Move(name, None, pin) for name, pin in pins.items())
        overlays = compose.pinned(snapshot, environment, moves)
        for name, pin in pins.items():
            cell = Cell(pin, overlays.get(name, ""), pin.digest in denied)
            rows.setdefault(name, {})[environment] = cell
    return {name: rows[name] for name in sorted(rows)}


@dataclass(frozen=True, slots=True)
class Audit:
    """An environment's receipts by number, and what breaks their chain."""

    environment: str
    receipts: tuple[Receipt, ...]
    problems: tuple[Problem, ...]


def audit(
    snapshot: Snapshot, environments: Iterable[str], verify: Verify | None
) -> tuple[Audit, ...]:
    """Return the receipts of `environments`.

    Args:
        snapshot: the tree they lie in.
        environments: whose.
        verify: checks a signature; None: nothing is checked.

    Raises:
        InputError: a receipt cannot be read.
    """
    return tuple(_audit(snapshot, environment, verify) for environment in environments)


def _audit(snapshot: Snapshot, environment: str, verify: Verify | None) -> Audit:
    receipts = snapshot.receipts(snapshot.receipt_names(environment))
    if verify is None:
        return Audit(environment, receipts, ())
    content = snapshot.set_digest(environment)
    return Audit(environment, receipts, chain.breaks(receipts, environment, content, verify))


def require_unbroken(audits: Iterable[Audit]) -> None:
    """Raise Refused with everything that breaks a chain."""
    problems = [problem for item in audits for problem in item.problems]
    if problems:
        raise Refused(*problems)
