"""The progress of an apply: a table that redraws on a terminal, one line per event elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import click

from sorasync.apply.events import ChangeEvent, Moment, Reporter
from sorasync.cli.app.failure import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WORDS = {
    Moment.SENT: "sent",
    Moment.RENDERING: "rendering",
    Moment.RENDERED: "rendered",
    Moment.FETCHING: "fetching",
    Moment.DONE: "done",
    Moment.WAITING: "waiting",
    Moment.FAILED: "failed",
    Moment.BLOCKED: "blocked",
    Moment.PENDING: "pending",
}
_ENDED = frozenset({Moment.DONE, Moment.FAILED, Moment.BLOCKED, Moment.PENDING})
_HEARTBEAT = 60.0


class Display(Reporter, Protocol):
    """A reporter that is open for the time of a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ProgressLines:
    """One line on standard error for each change of state, and a sign of life once a minute."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._last: dict[str, tuple[Moment, int]] = {}
        self._said = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def event(self, event: ChangeEvent) -> None:
        """Print a change of state; progress alone only once a minute."""
        same = self._last.get(event.label, (None, 0))[0] is event.moment
        self._last[event.label] = (event.moment, event.progress or 0)
        if self._quiet or (same and time.monotonic() - self._said < _HEARTBEAT):
            return
        self._said = time.monotonic()
        progress = f" {event.progress}%" if event.progress else ""
        detail = f": {event.detail}" if event.detail else ""
        click.echo(printable(f"{event.label}: {_WORDS[event.moment]}{progress}{detail}"), err=True)

    def notice(self, text: str) -> None:
        """Print a sentence."""
        click.echo(printable(text), err=True)


class Live:
    """A redrawn table of renders in flight; finished ones become lines above it."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._console = console or Console(stderr=True, highlight=False)
        self._live = RichLive(console=self._console, refresh_per_second=8, transient=True)
        self._running: dict[str, tuple[ChangeEvent, float]] = {}
        self._done = 0
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self._live.stop()

    def event(self, event: ChangeEvent) -> None:
        """Take one event into the table."""
        if not self._open:
            self._live.start()
            self._open = True
        if event.moment in _ENDED:
            self._running.pop(event.label, None)
            self._done += 1
            self._live.console.print(self._line(event), markup=False)
        else:
            since = self._running.get(event.label, (event, time.monotonic()))[1]
            self._running[event.label] = (event, since)
        self._live.update(self._table())

    def notice(self, text: str) -> None:
        """Print a sentence above the table."""
        self._console.print(printable(text), markup=False)

    def _line(self, event: ChangeEvent) -> str:
        mark = {"done": "✓", "failed": "✗", "blocked": "!", "pending": "…"}[event.moment.value]
        return printable(f"{mark} {event.label}  {event.detail}".rstrip())

    def _table(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        running = list(self._running.values())
        shown = running[: max(4, self._console.height - 5)]
        for event, since in shown:
            bar = ProgressBar(total=100, completed=event.progress or 0, width=20)
            age = f"{time.monotonic() - since:.0f} s"
            why = Text(printable(event.detail), overflow="ellipsis", no_wrap=True, style="dim")
            shown_as = why if event.moment is Moment.WAITING and event.detail else bar
            table.add_row(Text(printable(event.label)), Text(_WORDS[event.moment]), shown_as, Text(age))
        return Group(table, Text(_sums(self._done, len(running), len(running) - len(shown)), style="dim"))


def _sums(ended: int, running: int, hidden: int) -> str:
    more = f", {hidden} not shown" if hidden else ""
    return f"{ended} done, {running} in progress{more}"
