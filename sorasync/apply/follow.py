"""Follows renders in flight with as few requests as possible.

One page of the list follows up to a hundred renders; a single get is for those that the list does not
show, and for hosts without a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sorasync.clock import Clock
from sorasync.provider import errors
from sorasync.provider.base import Provider
from sorasync.provider.wire import Job

PAGE = 100
_FIRST_WAIT, _LAST_WAIT = 5.0, 20.0
"""Seconds between two looks, from the first one to those after ten minutes."""


@dataclass
class _Watch:
    since: float
    future: asyncio.Future[Job]
    progress: Callable[[Job], None]
    hint: float | None = None
    misses: int = 0


@dataclass
class Follower:
    """Waits for many jobs at once. Use `run` as a background task and `wait` for each job.

    `listing` says whether the host has a list worth asking; it is given up for good after a `NotSupported`.
    """

    provider: Provider
    clock: Clock
    listing: bool
    wait_limit: float
    _watches: dict[str, _Watch] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, job: Job, progress: Callable[[Job], None]) -> Job:
        """The job once it has ended. Raises `TimeoutError` past the wait limit, `NotFound` if it is gone."""
        if job.status.terminal:
            return job
        watch = _Watch(self.clock.monotonic(), asyncio.get_running_loop().create_future(), progress)
        watch.hint = job.poll_after
        self._watches[job.id] = watch
        self._wake.set()
        try:
            return await watch.future
        finally:
            self._watches.pop(job.id, None)

    def wake(self) -> None:
        """Look again at once, for instance since a webhook came."""
        self._wake.set()

    async def run(self) -> None:
        """Look at everything in flight, again and again, until cancelled."""
        while True:
            if not self._watches:
                self._wake.clear()
                await self._wake.wait()
            await self._pause()
            await self._look()

    async def _pause(self) -> None:
        now = self.clock.monotonic()
        waits = [
            _by_age(now - watch.since) if watch.hint is None else watch.hint
            for watch in self._watches.values()
        ]
        if waits:
            await self.clock.sleep(min(waits))

    async def _look(self) -> None:
        try:
            seen = await self._listed() if self.listing and len(self._watches) > 1 else {}
        except errors.NotSupported:
            self.listing, seen = False, {}
        except errors.ProviderError:
            seen = {}
        for job_id in list(self._watches):
            if job_id in seen:
                self._update(job_id, seen[job_id])
            else:
                await self._get(job_id)
        self._expire()

    async def _listed(self) -> dict[str, Job]:
        """The jobs of the list's newest pages, as many as could hold what is in flight."""
        seen: dict[str, Job] = {}
        after = None
        for _ in range(-(-len(self._watches) // PAGE) + 1):
            page = await self.provider.page(after, PAGE)
            seen.update((job.id, job) for job in page.jobs)
            after = page.after
            if after is None or all(job_id in seen for job_id in self._watches):
                break
        return seen

    async def _get(self, job_id: str) -> None:
        try:
            self._update(job_id, await self.provider.get(job_id))
        except errors.NotFound as error:
            watch = self._watches.get(job_id)
            if watch is None or watch.future.done():
                return
            watch.misses += 1
            if watch.misses >= _MISSES:
                watch.future.set_exception(error)
        except (errors.AuthFailed, errors.QuotaExhausted) as error:
            for watch in self._watches.values():
                if not watch.future.done():
                    watch.future.set_exception(error)
        except errors.ProviderError:
            return

    def _update(self, job_id: str, job: Job) -> None:
        watch = self._watches.get(job_id)
        if watch is None or watch.future.done():
            return
        watch.misses, watch.hint = 0, job.poll_after
        if job.status.terminal:
            watch.future.set_result(job)
        else:
            watch.progress(job)

    def _expire(self) -> None:
        now = self.clock.monotonic()
        for watch in self._watches.values():
            if not watch.future.done() and now - watch.since > self.wait_limit:
                watch.future.set_exception(TimeoutError())


_MISSES = 3
"""A job is gone after that many answers in a row that say so: lists and replicas lag."""


def _by_age(age: float) -> float:
    return min(_LAST_WAIT, _FIRST_WAIT + age / 40)
