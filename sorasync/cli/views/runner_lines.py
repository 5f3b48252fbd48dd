"""What a runner does, one line on standard error for each change of state."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import click

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.cli.app.failure import printable
from sorasync.operations.runner import RunnerReporter


@dataclass
class RunnerLines(RunnerReporter):
    """Prints from any thread; with `quiet` only what went wrong."""

    quiet: bool = False
    _last: dict[tuple[str, str], Moment] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def event(self, owner: str, event: ChangeEvent) -> None:
        """See `RunnerReporter`."""
        with self._lock:
            same = self._last.get((owner, event.label)) is event.moment
            if event.moment in (Moment.DONE, Moment.FAILED, Moment.BLOCKED, Moment.PENDING):
                self._last.pop((owner, event.label), None)
            else:
                self._last[owner, event.label] = event.moment
        bad = event.moment in (Moment.FAILED, Moment.BLOCKED)
        if not same and (bad or not self.quiet):
            detail = f": {event.detail}" if event.detail else ""
            click.echo(printable(f"{owner}: {event.label}: {event.moment.value}{detail}"), err=True)

    def notice(self, text: str) -> None:
        """See `RunnerReporter`."""
        click.echo(printable(text), err=True)
