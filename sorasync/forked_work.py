"""Work on a second core: a forked process does it while this one goes on."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")

_THREADS = "/proc/self/task"
_ENDING = (signal.SIGINT, signal.SIGTERM)


class ForkedWork(Generic[T]):
    """A result that another process makes within the block, if it is `worth` that and can be had.

    That process has everything that was made before the block and computes from it; it must not write,
    nor use a connection. Nothing hangs on it: where it gives no result the caller computes for itself.
    """

    def __init__(self, work: Callable[[], T], *, worth: bool = True) -> None:
        self._work = work
        self._worth = worth
        self._pid: int | None = None
        self._answer = -1

    def __enter__(self) -> ForkedWork[T]:
        if not self._worth or not _can_fork():
            return self
        self._answer, writing = os.pipe()
        # A signal that came to the new process first would be raised there as an interruption of this one.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            self._pid = os.fork()
            if self._pid == 0:
                _work_and_leave(self._work, writing, before)
        except OSError:
            os.close(self._answer)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(writing)
        return self

    def result(self) -> T | None:
        """Wait for the result; None where no process was started, or it failed. To be asked for once."""
        if self._pid is None:
            return None
        with os.fdopen(self._answer, "rb", closefd=False) as answer:
            data = answer.read()
        try:
            found: T = pickle.loads(data)
        except Exception:
            return None
        return found

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        os.close(self._answer)


def _can_fork() -> bool:
    """Whether a core is free and this is the only thread: a lock that another one holds would stay locked.

    Only Linux tells of the threads that Python did not start.
    """
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return False
    try:
        return len(os.listdir(_THREADS)) == 1  # noqa: PTH208
    except OSError:
        return False


def _work_and_leave(work: Callable[[], object], writing: int, blocked: Iterable[int]) -> NoReturn:
    """Answer with the result, or with nothing; `blocked` are the signals that stay blocked."""
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        # Who reads our output waits for everybody that holds it.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        gc.disable()
        data = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as answer:
            answer.write(data)
    finally:
        os._exit(0)
