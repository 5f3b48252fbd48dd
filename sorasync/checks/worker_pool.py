"""Processes that check videos: started when they are needed, and replaced when a file ends one."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import LifoQueue
from threading import Lock
from types import TracebackType

from sorasync.checks.bare_environment import bare_environment
from sorasync.checks.check_result import CheckResult, broken
from sorasync.checks.measure_request import VideoToCheck, results_in, to_line

# Without the directory it is started in: a library may hold a `json.py`.
WORKER = (sys.executable, "-P", "-m", "sorasync.checks.worker")
# Seconds that a video may take, and how much more for each second of its length.
_PATIENCE, _PATIENCE_PER_SECOND = 60.0, 4.0
_LINE = 1 << 16


class _Gone(Exception):
    """A worker that has ended, or was ended, instead of an answer."""


class WorkerPool:
    """At most `size` workers. `check` may be called from any thread; after `close` everything is an error.

    `command` starts a worker; `patience` is the deadline for one video in seconds, None for one that grows
    with its length.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        command: Sequence[str] = WORKER,
        patience: float | None = None,
    ) -> None:
        self.size = size or os.cpu_count() or 1
        self._command = tuple(command)
        self._patience = patience
        self._idle: LifoQueue[_Worker | None] = LifoQueue()
        for _ in range(self.size):
            self._idle.put(None)
        self._lock = Lock()
        self._all: set[_Worker] = set()
        self._closed = False

    def check(self, video: VideoToCheck) -> list[CheckResult]:
        """The results of one video. Whatever happens to the worker is an error of each of its checks."""
        worker = self._idle.get()
        try:
            worker = worker or self._started()
            deadline = self._patience or _PATIENCE + _PATIENCE_PER_SECOND * (video.seconds or 0)
            return worker.ask(video, deadline)
        except (_Gone, OSError) as error:
            if worker is not None:
                self._drop(worker)
                worker = None
            return [broken(name, f"it could not be checked: {error}") for name in video.names]
        finally:
            self._idle.put(worker)

    def _started(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise _Gone("checking was stopped")
            worker = _Worker(self._command)
            self._all.add(worker)
            return worker

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.end()

    @property
    def closed(self) -> bool:
        """Whether checking was stopped."""
        return self._closed

    def close(self) -> None:
        """End every worker, also one that is at work."""
        with self._lock:
            self._closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.end()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Worker:
    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=bare_environment(),
            bufsize=0,
            # Ctrl-C is for the program that started it, which ends it.
            start_new_session=True,
        )

    def ask(self, video: VideoToCheck, deadline: float) -> list[CheckResult]:
        """The answer for one video. Raises `_Gone` and OSError."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(to_line(video))
        except BrokenPipeError:
            raise _Gone(self._end_text()) from None
        answer = b""
        until = time.monotonic() + deadline
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not answer.endswith(b"\n"):
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise _Gone(f"it takes longer than {deadline:g} s")
                part = os.read(self._process.stdout.fileno(), _LINE)
                if not part:
                    raise _Gone(self._end_text())
                answer += part
        try:
            return results_in(answer)
        except ValueError:
            raise _Gone("the answer is not valid") from None

    def _end_text(self) -> str:
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "its process does not answer"
        return f"its process was killed by signal {-code}" if code < 0 else f"its process ended with {code}"

    def end(self) -> None:
        """Kill the process and everything that it holds open."""
        with suppress(OSError):
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
