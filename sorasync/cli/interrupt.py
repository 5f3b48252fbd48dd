"""Ctrl-C and SIGTERM at any moment: a command ends with its exit code, and nothing of Python's own shows."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import warnings
from types import FrameType

from sorasync.errors import Terminated

_INTERRUPTED = (130, 143)


def heed_signals() -> None:
    """Let SIGTERM end a command as Ctrl-C does, and keep what only developers read off the screen."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)


def leave_quietly() -> None:
    """At the end: say nothing of objects that an interruption left half made; a signal ends it at once."""
    sys.unraisablehook = lambda unraisable: None
    if (logging := sys.modules.get("logging")) is not None:
        logging.getLogger("asyncio").disabled = True
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def leave(code: int) -> None:
    """End the process, at once where an interruption left threads behind that still draw."""
    behind = [thread for thread in threading.enumerate() if not thread.daemon]
    if code in _INTERRUPTED and behind != [threading.main_thread()]:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
