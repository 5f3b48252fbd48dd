"""Stops an apply from another thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
