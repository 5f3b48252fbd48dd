"""A process forked from this one: waiting for its end, and signals to it."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from tests.apply.crash.server import PROCESSES

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


@dataclass
class DistantChild(Child):
    """A process that was not forked from this one."""

    process: BaseProcess = field(kw_only=True)

    def wait(self, seconds: float) -> int | None:
        """See `Child.wait`."""
        self.process.join(seconds)
        self._code = self.process.exitcode
        return self._code

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """See `Child.kill`."""
        # Its parent takes note of its end before anybody here asks.
        with suppress(ProcessLookupError):
            super().kill(number)


def fork_elsewhere(work: Callable[..., int], *arguments: object) -> Child:
    """As `fork`, from a process that has imported the program and nothing else.

    For what uses a bucket: its client has threads of its own, which a fork of a process that has used one
    lacks, so that it would wait for them for ever.
    """
    process = PROCESSES.Process(target=_end_with, args=(work, *arguments), daemon=True)
    process.start()
    assert process.pid is not None
    return DistantChild(process.pid, -1, process=process)


def _end_with(work: Callable[..., int], *arguments: object) -> None:
    code = BROKEN
    try:
        code = work(*arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
