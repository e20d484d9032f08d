"""Every Python file of the checkout is typed: the tests too, and what no target reaches."""

from pathlib import Path

from house import checkout
from lint import strict


def test_the_types_are_strict_everywhere(tmp_path: Path) -> None:
    """Mypy in strict mode finds nothing in any tracked file."""
    found = strict.complaints(checkout.paths("*.py"), base=checkout.root(), cache=tmp_path)
    assert not found, found
