"""Keys from a terminal, one at a time, and the terminal as it was at the end."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

UP, DOWN, ENTER, ESCAPE, BACKSPACE = "up", "down", "enter", "escape", "backspace"

_SEQUENCES = {
    "\x1b[A": UP,
    "\x1b[B": DOWN,
    "\x1bOA": UP,
    "\x1bOB": DOWN,
    "\r": ENTER,
    "\n": ENTER,
    "\x1b": ESCAPE,
    "\x7f": BACKSPACE,
    "\b": BACKSPACE,
}
_LOOK = 0.2


def split_keys(text: str) -> list[str]:
    """The keys in what a terminal sent at a time: characters, and the names above; others are left out."""
    if text in _SEQUENCES:
        return [_SEQUENCES[text]]
    keys: list[str] = []
    while text:
        found = next((s for s in ("\x1b[A", "\x1b[B", "\x1bOA", "\x1bOB") if text.startswith(s)), text[0])
        text = text[len(found) :]
        if found == "\x1b":
            # The rest of a sequence that nobody knows here must not be taken for keys.
            return keys
        key = _SEQUENCES.get(found, found)
        if key in _SEQUENCES.values() or key.isprintable():
            keys.append(key)
    return keys


@contextmanager
def typed_keys(fd: int, pressed: Callable[[str], None]) -> Iterator[None]:
    """Call `pressed` with every key, from a thread, until the block ends; nothing typed is echoed.

    Ctrl-C stays what it is; Ctrl-Z is off, since it would leave the screen behind.
    """
    import termios
    import tty

    before = termios.tcgetattr(fd)
    stop = threading.Event()
    thread = threading.Thread(target=_read, args=(fd, pressed, stop), daemon=True)
    try:
        tty.setcbreak(fd)
        during = termios.tcgetattr(fd)
        during[6][termios.VSUSP] = b"\0"
        termios.tcsetattr(fd, termios.TCSANOW, during)
        thread.start()
        yield
    finally:
        stop.set()
        if thread.ident is not None:
            thread.join()
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _read(fd: int, pressed: Callable[[str], None], stop: threading.Event) -> None:
    while not stop.is_set():
        ready, _, _ = select.select([fd], [], [], _LOOK)
        if not ready:
            continue
        try:
            data = os.read(fd, 1024)
        except OSError:
            return
        if not data:
            return
        for key in split_keys(data.decode("utf-8", "ignore")):
            pressed(key)
