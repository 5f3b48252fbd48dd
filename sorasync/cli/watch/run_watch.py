"""Runs watch mode with a face: opens the terminal or standard input, and sets it right again at the end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.output import print_lines
from sorasync.cli.watch.json_lines import JsonLines, read_commands
from sorasync.operations.project import Project
from sorasync.watch.watch_loop import Leave, Watch, WatchSettings


def in_lines(settings: WatchSettings) -> int:
    """Watch for a program, until its end, a signal or `quit`; the exit code."""
    queue: SimpleQueue[object] = SimpleQueue()
    with _signals(queue):
        read_commands(queue)
        return Watch(settings, JsonLines(), queue).run()


def on_terminal(project: Project, settings: WatchSettings) -> int:
    """Watch for a person; the exit code."""
    from rich.console import Console
    from rich.live import Live

    from sorasync.cli.watch.read_keys import typed_keys
    from sorasync.cli.watch.watch_terminal import Key, Terminal

    queue: SimpleQueue[object] = SimpleQueue()
    # Some shells export these with the size that the window had when they started.
    fixed = ("COLUMNS", "LINES")
    surroundings = {name: value for name, value in os.environ.items() if name not in fixed}
    console = Console(highlight=False, _environ=surroundings)
    env = f" ({project.config.env})" if project.config.env else ""
    with (
        _signals(queue, terminal=True),
        typed_keys(sys.stdin.fileno(), lambda name: queue.put(Key(name))) as keyboard,
        Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False) as live,
    ):
        terminal = Terminal(live, console, keyboard, f"{project.name}{env}")
        code = Watch(settings, terminal, queue).run()
    print_lines(terminal.closing())
    return code


@contextmanager
def _signals(queue: SimpleQueue[object], *, terminal: bool = False) -> Iterator[None]:
    """Turn signals into messages; a second Ctrl-C does not wait for anything."""
    asked = False

    def leave(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        queue.put(Leave(ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED))

    def changed(number: int, _frame: FrameType | None) -> None:
        from sorasync.cli.watch.watch_terminal import Resized, Suspended

        queue.put(Suspended() if number == signal.SIGTSTP else Resized())

    ends = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else [])]
    before = {number: signal.signal(number, leave) for number in ends}
    for number in (signal.SIGWINCH, signal.SIGTSTP) if terminal else ():
        before[number] = signal.signal(number, changed)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
