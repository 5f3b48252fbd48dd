"""A process forked from this one: waiting for its end, and signals to it."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

# The exit code of work that raised.
BROKEN = 70


@dataclass
class Child:
    """A forked process. `_alive` reads from a pipe whose other end closes when the process ends."""

    pid: int
    _alive: int
    _code: int | None = field(default=None)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, the negative number of the signal that killed it, or None while it runs."""
        if self._code is None and select.select([self._alive], [], [], seconds)[0]:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._alive)
        return self._code

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal; nothing happens where it has ended."""
        if self._code is None:
            os.kill(self.pid, number)


def fork(work: Callable[[], int]) -> Child:
    """Do some work in a process of its own, which ends with the exit code that the work returns."""
    alive, held = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = BROKEN
        try:
            # A collection must not free what threads work for, such as a decoder: they are not in the child.
            gc.freeze()
            os.close(alive)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(held)
    return Child(pid, alive)
