"""`paved tools`: the locked programs that the toolkit and Bazel use."""

from dataclasses import asdict
from typing import Annotated

import typer

from paved.cli import output

Names = Annotated[list[str], typer.Argument(help="Tools, as `paved tools list` names them.")]


def register(app: typer.Typer) -> None:
    """Add the command group to `app`."""
    group = typer.Typer(help="The locked programs that the toolkit and Bazel use.")
    group.command("list")(show)
    group.command("fetch")(fetch)
    group.command("verify")(verify)
    app.add_typer(group, name="tools", no_args_is_help=True)


def show(*, as_json: output.AsJson = False) -> None:
    """Show what is locked, and what of it is in the cache.

    Example: `paved tools list --json`
    """
    from paved.adapters.tools import listing

    found = listing()
    if as_json:
        rows = [asdict(each) | {"paths": [str(path) for path in each.paths]} for each in found]
        output.data({"tools": rows})
        return
    wide = max(len(each.version) for each in found)
    for each in found:
        size = f"{each.bytes / 1e6:.1f} MB" if each.cached else "not in the cache"
        head = f"{each.name:<12} {each.version:<{wide}} {each.source:<6}"
        output.text(f"{head} {size:<17} {each.purpose}")


def fetch(names: Names, *, as_json: output.AsJson = False) -> None:
    """Fetch tools into the cache and print the paths of their programs.

    Example: `paved tools fetch cosign crane`
    """
    from paved.adapters import tools

    found = {name: [str(path) for path in paths] for name, paths in tools.fetch(names).items()}
    if as_json:
        output.data({"tools": found})
        return
    for name in names:
        for path in found[name]:
            output.text(path)


def verify(*, as_json: output.AsJson = False) -> None:
    """Check that what is in the cache is what was fetched. Exit code 4: something is not.

    Example: `paved tools verify`
    """
    from paved.adapters import tools

    states = tools.verify()
    if as_json:
        output.data({"tools": dict(states)})
        return
    for name, state in states.items():
        output.text(f"{name:<12} {state}")
