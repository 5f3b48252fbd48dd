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
            # The rest of an unknown escape sequence must not count as keys.
            return keys
        key = _SEQUENCES.get(found, found)
        if key in _SEQUENCES.values() or key.isprintable():
            keys.append(key)
    return keys


class Keyboard:
    """A terminal that gives its keys one at a time, and is as it was before between `leave` and `enter`."""

    def __init__(self, fd: int) -> None:
        import termios

        self._fd = fd
        self._before = termios.tcgetattr(fd)

    def enter(self) -> None:
        """From now on keys come at once and are not echoed. Ctrl-C and Ctrl-Z stay what they are."""
        import tty

        tty.setcbreak(self._fd)

    def leave(self) -> None:
        """The terminal as it was."""
        import termios

        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)


@contextmanager
def typed_keys(fd: int, pressed: Callable[[str], None]) -> Iterator[Keyboard]:
    """Call `pressed` with every key, from a thread, until the block ends; nothing typed is echoed."""
    keyboard = Keyboard(fd)
    stop = threading.Event()
    thread = threading.Thread(target=_read_keys, args=(fd, pressed, stop), daemon=True)
    try:
        keyboard.enter()
        thread.start()
        yield keyboard
    finally:
        stop.set()
        if thread.ident is not None:
            thread.join()
        keyboard.leave()


def _read_keys(fd: int, pressed: Callable[[str], None], stop: threading.Event) -> None:
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
