"""The progress of a film: one line that is redrawn on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sorasync.cli.app.failure import one_line


@contextmanager
def showing_progress(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """What hears of the progress, as long as this is open."""
    if quiet or not sys.stderr.isatty():
        yield lambda title, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def hear(title: str, done: float) -> None:
            bar.update(task, description=one_line(title), completed=done)

        yield hear
