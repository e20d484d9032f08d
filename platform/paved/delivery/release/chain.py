"""The chain of an environment's receipts: nothing changed the set that no receipt speaks of."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from paved.delivery.release import layout
from paved.delivery.release.receipt import Receipt
from paved.errors import Problem, Refused

Verify = Callable[[bytes, str], None]
"""Takes a bundle and the digest it must speak of; raises Refused when no trusted key signed it."""

_BYPASSED = "was it changed by hand? git log shows by whom"


def breaks(
    receipts: Sequence[Receipt], environment: str, set_digest: str, verify: Verify
) -> tuple[Problem, ...]:
    """Return what breaks the chain, nothing when it holds.

    The numbers run from 1 without a gap, each set follows from the one before, the last is the
    set in the tree, and every signature verifies.

    Args:
        receipts: all of the environment's, by number.
        environment: whose they are.
        set_digest: of its release set's file, empty when there is none.
        verify: checks a signature.
    """
    forged = (problem for item in receipts for problem in unsigned(item, verify))
    return (
        *_numbers(receipts),
        *_links(receipts),
        *forged,
        *tip(receipts, environment, set_digest),
    )


def tip(receipts: Sequence[Receipt], environment: str, set_digest: str) -> tuple[Problem, ...]:
    """Return what is wrong when the last receipt does not speak of the set in the tree."""
    covered = receipts[-1].after if receipts else ""
    if covered == set_digest:
        return ()
    where = layout.release_set(environment)
    what = "no receipt speaks of this release set" if set_digest else "the release set is gone"
    return (Problem(what, where=where, expected=covered or "a receipt", hint=_BYPASSED),)


def _numbers(receipts: Sequence[Receipt]) -> Iterator[Problem]:
    for number, item in enumerate(receipts, start=1):
        if item.sequence != number:
            expected = f"number {number}"
            yield Problem("a receipt is missing or double", where=item.path, expected=expected)
            return


def _links(receipts: Sequence[Receipt]) -> Iterator[Problem]:
    if receipts and receipts[0].before:
        yield Problem("the first receipt follows from another", where=receipts[0].path)
    for earlier, later in pairwise(receipts):
        if later.before != earlier.after:
            what = "the set was changed before this receipt without one"
            yield Problem(what, where=later.path, expected=earlier.after, hint=_BYPASSED)


def unsigned(receipt: Receipt, verify: Verify) -> Sequence[Problem]:
    """Return what is wrong with a receipt's signature, nothing when it verifies."""
    try:
        verify(receipt.bundle, receipt.after)
    except Refused as error:
        said = "; ".join(problem.what for problem in error.problems)
        return (Problem(f"the signature does not verify: {said}", where=receipt.path),)
    return ()
