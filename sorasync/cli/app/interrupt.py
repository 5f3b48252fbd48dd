"""Ctrl-C and SIGTERM at any moment: the command ends with its exit code and without a traceback."""

from __future__ import annotations

import atexit
import codecs
import contextlib
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from sorasync.errors import Terminated

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_INTERRUPTED = (130, 143)
# Seconds in which a hook has ended.
_A_MOMENT = 0.02


def heed_signals() -> None:
    """Let SIGTERM end a command as Ctrl-C does, and keep what only developers read off the screen."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
        sys.unraisablehook = partial(_interrupt_again, sys.unraisablehook)


def _interrupt_again(shown: Callable[[UnraisableHookArgs], object], unraisable: UnraisableHookArgs) -> None:
    """Send a signal once more that came where nothing can be raised, such as inside a validation."""
    for kind, number in ((Terminated, signal.SIGTERM), (KeyboardInterrupt, signal.SIGINT)):
        if issubclass(unraisable.exc_type, kind):
            # Later, from a thread: at once it would be raised in this hook, and be ignored again.
            again = threading.Timer(_A_MOMENT, os.kill, (os.getpid(), number))
            again.daemon = True
            again.start()
            return
    shown(unraisable)


def leave_quietly() -> None:
    """At the end: say nothing of objects that an interruption left half made; a signal ends it at once."""
    sys.unraisablehook = lambda unraisable: None
    if (logging := sys.modules.get("logging")) is not None:
        logging.getLogger("asyncio").disabled = True
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def prepare_output() -> None:
    """Let nothing that is printed fail for want of a stream, or of a sign in its encoding."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # The shell closed it. The next opened file would get its number, and our output.
            with contextlib.suppress(OSError):
                os.fstat(number)
                continue
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A pipe that took the place of a file after the stream was opened cannot tell where it is.
            with contextlib.suppress(OSError):
                stream.reconfigure(errors="sorasync.likeness")


# ASCII replacements for the program's marks; not "?", which is a mark itself.
_LIKENESS = str.maketrans("✓✗…↓→±×–—·•“”‘’█▏", "*x.v>~x--.*\"\"''#|")


def _likeness(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end].translate(_LIKENESS)
    return "".join(sign if sign.isascii() else "?" for sign in lost), error.end


codecs.register_error("sorasync.likeness", _likeness)


def flush_output(code: int) -> int:
    """Write out what is left; the exit code, an error where there was no room for it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        return code or 1
    return code


def leave(code: int) -> NoReturn:
    """End the process, at once where an interruption left threads behind that still draw."""
    code = flush_output(code)
    if code in _INTERRUPTED and _threads_behind():
        _end_at_once(code)
    sys.exit(code)


_kept: list[object] = [None]


def keep_to_the_end(what: object) -> None:
    """Hold the one thing that `end_process` is not to take apart, although its command is done with it."""
    _kept[0] = what


def end_process(code: int) -> NoReturn:
    """End a process that is this program and nothing else.

    It does not take a library apart first, which takes a while and frees what ends anyway.
    """
    if _threads_behind():
        sys.exit(code)
    # What has been registered for the end of a process, as by `logging` and `tempfile`.
    atexit._run_exitfuncs()
    _end_at_once(code)


def _threads_behind() -> bool:
    return any(not one.daemon and one is not threading.main_thread() for one in threading.enumerate())


def _end_at_once(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated
