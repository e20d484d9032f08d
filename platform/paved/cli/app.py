"""Puts the command groups together and turns errors into exit codes.

A group is a module of this package with a `register(app)` function. Modules import their
feature inside the command, so that `paved --help` and completion stay fast.
"""

import json
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from paved.cli import output
from paved.errors import ExitCode, PavedError

GROUPS = ("tour", "new", "verify", "push", "release", "metrics", "tools", "doctor", "bench")


def build() -> typer.Typer:
    """Return the command-line application with every group registered."""
    app = typer.Typer(
        name="paved",
        help="Golden paths, signed releases and the numbers behind them.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for group in GROUPS:
        import_module(f"paved.cli.{group}").register(app)
    return app


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code; see `paved.errors.ExitCode`.

    Args:
        args: the words after the program's name.
    """
    try:
        result = typer.main.get_command(build()).main(
            list(args), prog_name="paved", standalone_mode=False
        )
    except PavedError as error:
        report(error, as_json="--json" in args)
        return int(error.exit_code)
    except typer.TyperException as error:
        explain(error, args)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        output.note("interrupted; nothing is half-written, the same command goes on from here")
        return int(ExitCode.INTERRUPTED)
    return result if isinstance(result, int) else int(ExitCode.OK)


def explain(error: typer.TyperException, args: Sequence[str]) -> None:
    """Print on stderr what is wrong with the command line `args`; help has been shown already."""
    words = " ".join(["paved", *(word for word in args[:2] if word[:1] != "-")])
    if error.format_message():
        print(f"error: {error.format_message()}\n  hint: {words} --help", file=sys.stderr)


def report(error: PavedError, *, as_json: bool) -> None:
    """Print `error` on stderr, as text or as one JSON document."""
    if as_json:
        print(json.dumps(error.as_data(), indent=2), file=sys.stderr)
        return
    for problem in error.problems:
        first, *rest = problem.lines()
        print(f"error: {first}", *rest, sep="\n", file=sys.stderr)


def main() -> None:
    """Run the process's own command line."""
    sys.exit(run(sys.argv[1:]))
