"""`paved release`: pins, promotions and rollbacks, each one commit with a signed receipt."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from paved.cli import output

if TYPE_CHECKING:
    from paved.delivery.promotion.plans import Plan
    from paved.delivery.promotion.ports import Ports
    from paved.delivery.promotion.snapshot import Snapshot

_GROUP = """Move releases from dev to stage to prod in an operations repository.

Each command makes one commit on the remote's main branch, with a signed receipt, or nothing.
"""

Ops = Annotated[
    Path, typer.Option("--ops", help="The operations repository's checkout.", show_default="here")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the diff, write nothing.")]
Key = Annotated[
    str,
    typer.Option(
        help="Public key: a PEM file or a reference cosign takes. "
        "Default: the key that PAVED_SIGNING_KEY names, or the development key."
    ),
]
PlainHttp = Annotated[bool, typer.Option("--plain-http", help="Speak plain HTTP to the registry.")]
EventsFile = Annotated[
    Path | None, typer.Option("--events", help="Append the change's CDEvents to this file.")
]
Service = Annotated[str, typer.Argument(help="The service's name.")]
Environment = Annotated[
    Literal["dev", "stage", "prod"], typer.Argument(help="Where to.", metavar="ENVIRONMENT")
]
Digest = Annotated[
    str, typer.Option(help="The digest this is about; refused when it is another by now.")
]
_HERE = Path()


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(name="release", help=_GROUP, no_args_is_help=True)
    for command in (onboard, pin, promote, rollback, status, receipts):
        group.command()(command)
    app.add_typer(group)


def onboard(
    service_repository: Annotated[Path, typer.Argument(help="The service's own checkout.")],
    ops: Ops = _HERE,
    *,
    dry_run: DryRun = False,
    as_json: output.AsJson = False,
) -> None:
    """Bring a service's deploy/ folder into the operations repository.

    Example: `paved release onboard ../orders --ops ../operations`
    """
    from paved.adapters.git import open_repository
    from paved.cli.release_ports import ports
    from paved.delivery.onboard import onboard as bring

    hands = ports()
    _, plan = bring(open_repository(service_repository), hands.build)
    _make(ops, plan, hands, dry_run=dry_run, as_json=as_json)


def pin(
    service: Service,
    image: Annotated[str, typer.Argument(help="HOST/REPOSITORY@sha256:...")],
    ops: Ops = _HERE,
    *,
    template: Annotated[str, typer.Option(help="Golden path it is made from, NAME@VERSION.")],
    commit: Annotated[
        str, typer.Option(help="Source commit. Default: the one the provenance names.")
    ] = "",
    contract: Annotated[str, typer.Option(help="Version of the platform contract.")] = "v1",
    key: Key = "",
    plain_http: PlainHttp = False,
    events: EventsFile = None,
    dry_run: DryRun = False,
    as_json: output.AsJson = False,
) -> None:
    """Run an image in dev: the one way a new digest comes in.

    Example: `paved release pin orders HOST/orders@sha256:... --template service@0.1.0`
    """
    from paved.cli.release_ports import facts, ports
    from paved.delivery.promotion import plans

    hands = ports(key, plain_http=plain_http)
    wanted = facts(image, commit, template, contract, hands.inspect)
    plan = plans.pin(service, wanted, hands)
    _make(ops, plan, hands, dry_run=dry_run, as_json=as_json, events=events)


def promote(
    environment: Environment,
    service: Annotated[str, typer.Argument(help="The service's name; left out with --all.")] = "",
    ops: Ops = _HERE,
    *,
    every: Annotated[bool, typer.Option("--all", help="The whole set, as a unit.")] = False,
    digest: Digest = "",
    key: Key = "",
    plain_http: PlainHttp = False,
    events: EventsFile = None,
    dry_run: DryRun = False,
    as_json: output.AsJson = False,
) -> None:
    """Run in stage what dev runs, or in prod what stage runs.

    Refused, with every reason (exit code 5), unless the digest is in the environment before; its
    signature, provenance and SBOM verify; the overlay builds and runs exactly it; it is not on
    the denylist; no window is frozen; and it has soaked. Error budgets are not consulted yet.

    Examples:
        paved release promote stage orders

        paved release promote prod --all --dry-run
    """
    from paved.cli.release_ports import ports
    from paved.delivery.promotion import plans

    if bool(service) == every:
        message = "name one service, or say --all"
        raise typer.BadParameter(message, param_hint="SERVICE")
    hands = ports(key, plain_http=plain_http)
    plan = plans.promote(environment, service, hands, digest=digest)
    _make(ops, plan, hands, dry_run=dry_run, as_json=as_json, events=events)


def rollback(
    environment: Environment,
    service: Service,
    ops: Ops = _HERE,
    *,
    reason: Annotated[str, typer.Option(help="Why; goes to the denylist and the receipt.")],
    digest: Digest = "",
    key: Key = "",
    plain_http: PlainHttp = False,
    events: EventsFile = None,
    dry_run: DryRun = False,
    as_json: output.AsJson = False,
) -> None:
    """Run the last good digest again, and put the bad one on the denylist.

    Example: `paved release rollback prod orders --reason "errors since 10:40" --digest sha256:...`
    """
    from paved.adapters.git import open_repository
    from paved.cli.release_ports import ports
    from paved.delivery.promotion import plans

    hands, who = ports(key, plain_http=plain_http), open_repository(ops).identity()
    plan = plans.rollback(environment, service, who, hands, reason=reason, digest=digest)
    _make(ops, plan, hands, dry_run=dry_run, as_json=as_json, events=events)


def status(ops: Ops = _HERE, *, as_json: output.AsJson = False) -> None:
    """Show which digest of which service each environment runs, as the remote has it.

    Example: `paved release status --json`
    """
    from paved.cli import release_view
    from paved.delivery.status import table

    release_view.table(table(_latest(ops)), as_json=as_json)


def receipts(
    environment: Annotated[
        Literal["dev", "stage", "prod"] | None,
        typer.Argument(help="Whose; all of them when left out.", metavar="[ENVIRONMENT]"),
    ] = None,
    ops: Ops = _HERE,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every signature and the chain.")
    ] = False,
    key: Key = "",
    as_json: output.AsJson = False,
) -> None:
    """List the receipts of every change, or verify that nothing changed without one.

    Example: `paved release receipts prod --verify`
    """
    from paved.cli import release_view
    from paved.cli.release_ports import ports
    from paved.delivery.release.model import ENVIRONMENTS
    from paved.delivery.status import audit, require_unbroken

    chosen = [environment] if environment else ENVIRONMENTS
    audits = audit(_latest(ops), chosen, ports(key).verify_receipt if verify else None)
    release_view.audits(audits, verified=verify, as_json=as_json)
    require_unbroken(audits)


def _make(
    ops: Path,
    plan: "Plan",
    hands: "Ports",
    *,
    dry_run: bool,
    as_json: bool,
    events: Path | None = None,
) -> None:
    from paved.adapters.git import open_repository
    from paved.cli import release_view
    from paved.delivery.promotion.publish import Remote, preview, publish

    repository = open_repository(ops)
    if dry_run:
        done = preview(repository, Remote(), plan, hands)
        release_view.planned(done, repository, as_json=as_json)
    else:
        done = publish(repository, Remote(), plan, hands)
        release_view.landed(done, as_json=as_json, events_file=events)


def _latest(ops: Path) -> "Snapshot":
    from paved.adapters.git import open_repository
    from paved.delivery.promotion.publish import Remote
    from paved.delivery.promotion.snapshot import Snapshot

    repository, remote = open_repository(ops), Remote()
    return Snapshot(repository, repository.fetch(remote.name, remote.branch))
