"""Makes the pages that can be made: commands, exit codes, and the lists of what a folder has.

    ./bazelw run //tools/docs:update

writes them; a test compares what is there. What needs explaining is written by hand elsewhere.
"""

import io
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from pathlib import Path

from typer import rich_utils
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from paved.cli import app
from paved.errors import ExitCode, PavedError

WIDTH = 100
REFERENCE = Path("docs/reference")
DECISIONS = Path("adr")
MARK = "<!-- Made by `./bazelw run //tools/docs:update`: change what it is made from. -->"
ABOUT_DECISIONS = """\
Each in MADR's short form: the question, what was weighed, what was decided, and how we would notice
that we no longer follow it. A decision that is replaced stays, and names the one that replaces it.\
"""
MEANINGS = {
    ExitCode.OK: "Done; for a question, the answer is yes.",
    ExitCode.USAGE: "The command line is wrong: an unknown option, a missing argument.",
    ExitCode.INTERRUPTED: "Interrupted; the same command goes on from there.",
}
EXAMPLE = ("metrics", "dora", "--since=soon", "--until=2026-10-01")


def pages(root: Path) -> Mapping[Path, str]:
    """Return the text of each page by its path.

    Args:
        root: the folder that holds docs/reference and adr.
    """
    return {
        REFERENCE / "cli.md": page("Commands", *commands()),
        REFERENCE / "exit-codes.md": page("Exit codes", *exit_codes()),
        REFERENCE / "README.md": page("Reference", contents(root / REFERENCE)),
        DECISIONS / "README.md": page("Decisions", ABOUT_DECISIONS, contents(root / DECISIONS)),
    }


def page(title: str, *parts: str) -> str:
    """Return a page of paragraphs below its title."""
    return "\n\n".join([f"# {title}", MARK, *parts]) + "\n"


def commands() -> Iterator[str]:
    """Yield each command's help as a terminal of 100 columns shows it."""
    rich_utils.MAX_WIDTH, rich_utils.FORCE_TERMINAL, rich_utils.COLOR_SYSTEM = WIDTH, False, None
    program = app.build()
    for words in _paths(get_command(program), ()):
        shown = CliRunner().invoke(program, [*words, "--help"], prog_name="paved").stdout
        text = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        yield f"## {' '.join(('paved', *words))}\n\n```text\n{text}\n```"


def _paths(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from _paths(below, (*words, name))


def exit_codes() -> Iterator[str]:
    """Yield what each exit status means, and what an error looks like."""
    kinds = {error.exit_code: error for error in PavedError.__subclasses__()}
    rows = ["| code | name | means |", "|---|---|---|"]
    for code in ExitCode:
        error = kinds.get(code)
        meaning = MEANINGS.get(code) or str(error.__doc__ if error else "")
        rows.append(f"| {int(code)} | `{error.kind if error else code.name.lower()}` | {meaning} |")
    yield "\n".join(rows)
    yield "Any other status comes with a traceback and is a defect of the toolkit."
    yield "An error goes to stderr, with what was expected and, where there is one, what to do:"
    yield f"```text\n$ paved {' '.join(EXAMPLE)}\n{_told(*EXAMPLE)}```"
    yield "With `--json` it is one document:"
    yield f"```json\n{_told(*EXAMPLE, '--json')}```"


def _told(*words: str) -> str:
    """Return what a command says on stderr."""
    with redirect_stderr(io.StringIO()) as said:
        app.run(words)
    return said.getvalue()


def contents(folder: Path) -> str:
    """Return a list of a folder's pages by their first heading, each with a link."""
    lines = []
    for path in sorted(folder.glob("*.md")):
        title = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if title and path.name != "README.md":
            number = path.name.partition("-")[0]
            before = f"ADR {int(number)}: " if number.isdigit() else ""
            lines.append(f"* {before}[{title[1]}]({path.name})")
    return "\n".join(lines)


def main() -> int:
    """Write every page into the workspace that Bazel was called in."""
    root = Path(os.environ["BUILD_WORKSPACE_DIRECTORY"])
    for path, text in pages(root).items():
        (root / path).write_text(text, encoding="utf-8")
        print(path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
