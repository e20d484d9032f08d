"""`paved doctor`: what is here, what is missing, and how to get it."""

from dataclasses import asdict

import typer

from paved.cli import output
from paved.errors import ExitCode

MARKS = {"ok": "✓", "missing": "✗", "optional": "-"}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(doctor)


def doctor(*, as_json: output.AsJson = False) -> None:
    """Show what this machine has and lacks for the main job. Exit code 4: something is missing.

    Example: `paved doctor --json`
    """
    from paved.adapters.program import first_line
    from paved.doctor.checks import Outcome, examine, this_machine

    findings = examine(this_machine(first_line))
    if as_json:
        output.data({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            output.text(f"{MARKS[finding.outcome]} {finding.name}: {finding.detail}")
            if finding.hint:
                output.text(f"  hint: {finding.hint}")
    if any(finding.outcome is Outcome.MISSING for finding in findings):
        raise typer.Exit(int(ExitCode.ENVIRONMENT))
