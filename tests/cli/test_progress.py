"""What a terminal shows while an apply runs."""

from __future__ import annotations

import io

from rich.console import Console

from sorasync.apply.events import ChangeEvent, Moment
from sorasync.cli.views.apply.progress import Live


def test_a_small_terminal_says_how_much_of_the_apply_it_does_not_show() -> None:
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=True, width=60, height=10, highlight=False, legacy_windows=False
    )
    with Live(console) as live:
        for number in range(12):
            live.event(ChangeEvent(f"clip.c{number}", Moment.RENDERING, progress=50))
        live.event(ChangeEvent("clip.c0", Moment.DONE))
        live.event(ChangeEvent("clip.c1", Moment.FAILED, "refused"))
    shown = written.getvalue()
    assert "✓ clip.c0" in shown
    assert "✗ clip.c1  refused" in shown
    assert "2 done, 10 in progress, 5 not shown" in shown


def test_a_terminal_says_why_something_waits() -> None:
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=True, width=100, height=10, highlight=False, legacy_windows=False
    )
    with Live(console) as live:
        live.event(
            ChangeEvent("clip.pier", Moment.WAITING, "the limit is 25 requests a minute: sending in 40 s")
        )
    assert "the limit is 25 requests a minute: sending in 40 s" in written.getvalue()
