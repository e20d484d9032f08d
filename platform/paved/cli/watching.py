"""Shows a tour while it is taken: a line that moves on a terminal, and lines that stay."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from paved.tour.model import Step, Summary

WIDTH = 100
MEGABYTE = 1_000_000


class Watcher:
    """Tells a person on stderr; on a terminal, with a spinner and the latest line of Bazel.

    Args:
        console: where to.
        status: the line that moves.
    """

    def __init__(self, console: Console, status: Status) -> None:
        """Keep the terminal."""
        self._console = console
        self._status = status
        self._title = ""

    def begin(self, name: str, title: str) -> None:
        """Say that a step starts."""
        self._title = f"[bold]{name}[/bold] {escape(title)}"
        self._console.print(self._title)
        self._status.update(self._title)

    def tell(self, line: str) -> None:
        """Say a line that stays."""
        for each in line.splitlines():
            self._console.print(f"    [dim]{escape(each)}[/dim]", soft_wrap=True)

    def ticking(self, line: str) -> None:
        """Say a line that the next one may replace."""
        self._status.update(f"{self._title} [dim]{escape(line.strip()[:WIDTH])}[/dim]")

    def end(self, step: Step) -> None:
        """Say how a step ended."""
        if step.failure:
            self._end("[red]✗[/red]", f"after {step.seconds:.1f} s: {step.failure}")
        else:
            figures = ", ".join(map(str, step.figures))
            self._end("[green]✓[/green]", f"{step.seconds:.1f} s: {figures}")

    def _end(self, mark: str, line: str) -> None:
        self._console.print(f"  {mark} {escape(line)}", soft_wrap=True)

    def finish(self, summary: Summary) -> None:
        """Say how the tour ended, and where its files are."""
        done = len(summary.steps) - len(summary.failures)
        fetched = f"{summary.downloaded / MEGABYTE:.0f} MB downloaded"
        self._console.print(
            f"{done} steps in {summary.seconds:.1f} s, {fetched}; left behind: {summary.scratch}",
            soft_wrap=True,
        )


@contextmanager
def watching() -> Iterator[Watcher]:
    """Yield a watcher; its moving line is gone when the block ends."""
    console = Console(stderr=True, highlight=False)
    with console.status("starting") as status:
        yield Watcher(console, status)
