"""The one error of this package, and how a script ends on it."""

import sys
from collections.abc import Callable


class LayoutError(Exception):
    """An input is not what it has to be: says where, what, and what to do."""

    def __init__(self, where: object, what: str, hint: str = "") -> None:
        """Keep the place (a file or an argument), what is wrong there, and an optional hint."""
        super().__init__(f"{where}: {what}" + (f"\n  hint: {hint}" if hint else ""))


def run(main: Callable[[list[str]], int]) -> None:
    """Run a script's `main(arguments)`; end with its status, or with 1 and a clear error."""
    try:
        status = main(sys.argv[1:])
    except LayoutError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    sys.exit(status)
