"""Time that passes only when nobody can go on without it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import anyio.to_thread

_FAR = 40 * 86_400.0


class IdleClock:
    """A clock that jumps to the next awaited moment once everything on the event loop, and every thread that
    it waits for, is idle. Nothing ever sleeps for real.
    """

    def __init__(self, time: float = 1_800_000_000.0) -> None:
        self.time = self.begun = time
        self._count = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads = _Counting()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._sleepers, self._threads = loop, [], _Counting()
            loop.set_default_executor(self._threads)
            self._ticker = loop.create_task(self._tick())
        woken: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._count), woken))
        await woken

    async def _tick(self) -> None:
        while True:
            await self._idle()
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers:
                await asyncio.sleep(0.0005)
                continue
            at, _, woken = heapq.heappop(self._sleepers)
            self.time = max(self.time, at)
            if self.time > self.begun + _FAR:
                woken.set_exception(AssertionError("nothing happens any more"))
            else:
                woken.set_result(None)

    async def _idle(self) -> None:
        """Return when two looks in a row find nothing to do."""
        calm = 0
        while calm < 2:
            await asyncio.sleep(0)
            waiting = self._loop._ready  # type: ignore[union-attr]
            threads = self._threads.running + anyio.to_thread.current_default_thread_limiter().borrowed_tokens
            if threads:
                await asyncio.sleep(0.0002)
            calm = 0 if waiting or threads else calm + 1


class _Counting(ThreadPoolExecutor):
    """Threads, with the number of calls whose end the event loop has not heard of.

    Results are handed on from the event loop's own thread, so that no moment is left in which a call has
    ended and nobody knows.
    """

    def __init__(self) -> None:
        super().__init__(4)
        self.running = 0

    def submit(self, *args: Any, **named: Any) -> Future[Any]:
        loop, handed_on = asyncio.get_running_loop(), Future[Any]()
        self.running += 1
        done = super().submit(*args, **named)
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._hand_on, done, handed_on))
        return handed_on

    def _hand_on(self, done: Future[Any], handed_on: Future[Any]) -> None:
        self.running -= 1
        if not handed_on.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error is not None:
            handed_on.set_exception(error)
        else:
            handed_on.set_result(done.result())
