"""Work on a second core: a forked process does it while this one goes on."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

_THREADS = "/proc/self/task"


class ForkedWork(Generic[T]):
    """A result in the making. Its process must be ended by `close`, whether it was asked for or not.

    The process shares what was made so far, and nothing of it may be changed, written to or closed there:
    it only computes. Where it cannot be had the caller computes for itself, so that nothing hangs on it.
    """

    def __init__(self, pid: int, answer: int) -> None:
        self._pid = pid
        self._answer = answer

    @classmethod
    def start(cls, work: Callable[[], T]) -> ForkedWork[T] | None:
        """Begin; None where that is not safe, or no core is free for it."""
        if not _can_fork():
            return None
        reading, writing = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            return None
        if pid == 0:
            _work_and_leave(work, writing)
        os.close(writing)
        return cls(pid, reading)

    def result(self) -> T | None:
        """Wait for the result; None where the process failed."""
        with open(self._answer, "rb", closefd=False) as answer:
            data = answer.read()
        try:
            found: T = pickle.loads(data)
        except Exception:
            return None
        return found

    def close(self) -> None:
        """End the process."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        os.close(self._answer)


def _can_fork() -> bool:
    """Only Linux tells of every thread, and a lock that another one holds would stay locked for ever."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return False
    try:
        return len(os.listdir(_THREADS)) == 1  # noqa: PTH208
    except OSError:
        return False


def _work_and_leave(work: Callable[[], object], writing: int) -> None:
    """Answer with the result, or with nothing; never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        # Who reads our output waits for everybody that holds it.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        gc.disable()
        data = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with open(writing, "wb") as answer:
            answer.write(data)
    finally:
        os._exit(0)
