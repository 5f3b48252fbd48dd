"""Stops an apply: Ctrl-C and SIGTERM, or another thread."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sorasync.errors import Terminated

# Why a run stopped, where a SIGTERM stopped it.
TERMINATED = "terminated"


class StopButton:
    """Stops an apply as Ctrl-C does: nothing more is started or waited for.

    It may be pressed from any thread, before the apply has begun, while it runs, and after its end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._press: Callable[[], object] | None = None
        self.pressed = False

    def press(self) -> None:
        """Ask the apply to stop."""
        with self._lock:
            self.pressed = True
            if self._press is not None:
                self._press()

    @contextmanager
    def connected(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call `stop` in this thread's running event loop when the button is pressed, or was already."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._press = lambda: loop.call_soon_threadsafe(stop)
            if self.pressed:
                stop()
        try:
            yield
        finally:
            with self._lock:
                self._press = None


@dataclass(slots=True)
class RunEnds:
    """How a run ends on a signal. `gently` starts nothing more and waits for nothing, and is told why; while
    it is not set, and from the second signal on, the run's task is cancelled.
    """

    gently: Callable[[str], None] | None = None
    # Whether the first signal was a SIGTERM.
    terminated: bool = False
    _signalled: bool = False

    def signalled(self, number: int, task: asyncio.Task[object]) -> None:
        """End the run by that signal; in the running event loop."""
        first, self._signalled = not self._signalled, True
        if first:
            self.terminated = number == signal.SIGTERM
        if first and self.gently is not None:
            self.gently(TERMINATED if self.terminated else "interrupted")
        else:
            task.cancel()


@contextmanager
def ends_on_signals() -> Iterator[RunEnds]:
    """Take Ctrl-C and SIGTERM in this task, until everything that it opens within is closed again.

    Raises `Terminated` where it was ended at once and the first signal was a SIGTERM.
    """
    ends, loop, task = RunEnds(), asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    if threading.current_thread() is not threading.main_thread():
        yield ends
        return

    def taken(number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(ends.signalled, number, task)

    # Not `add_signal_handler`: it forgets a signal that came just before its handler is removed, and leaves a
    # moment between two handlers in which SIGTERM kills.
    before = {number: signal.signal(number, taken) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ends
    except asyncio.CancelledError:
        if ends.terminated:
            raise Terminated from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
