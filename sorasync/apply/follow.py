"""Follows renders in flight with as few requests as possible.

One page of the list follows up to a hundred renders; a single get is for those that the list does not
show, and for hosts without a list.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sorasync.apply.waiting import unless
from sorasync.clock import Clock
from sorasync.errors import SorasyncError
from sorasync.provider import errors
from sorasync.provider.base import Provider
from sorasync.provider.wire import Job, JobStatus

PAGE = 100
_AT_ONCE = 8
_FIRST_WAIT, _LAST_WAIT, _GROWTH = 1.0, 20.0, 8.0
"""Seconds between two looks: the first, the longest, and how many of a job's age add one more."""
_KNOWN_FROM, _REMEMBERED = 4, 32
"""Jobs that must have been seen to end before their lives tell anything, and how many are kept in mind."""
_EARLY, _CLOSE, _OVERDUE = 0.95, 0.02, 1.3
"""In lives of a job: when it is looked at first, how often from then on, and when it is late."""
_SHORTEST = 0.1
"""Seconds between two looks, whatever a server says."""
_MISSES, _MISSING_FOR = 3, 60.0
"""A job is gone after that many answers in a row, over that many seconds: lists and replicas lag."""
_LIST_FAILURES = 3
"""Failures of the list in a row after which jobs are asked about one by one."""


class WaitedLongEnough(SorasyncError):
    """The wait limit has passed; the render goes on at the provider."""


@dataclass
class _Watch:
    """A job somebody waits for. Times are of the monotonic clock; `told` is to be called with news."""

    since: float
    looked: float
    future: asyncio.Future[Job]
    hint: float | None = None
    told: list[Callable[[Job], None]] = field(default_factory=list)
    misses: int = 0
    missed_at: float = 0.0

    def due(self, life: float | None) -> float:
        """When the job is worth another look. `life` is how long such jobs took, None where nobody knows."""
        if self.hint is not None:
            return self.looked + max(self.hint, _SHORTEST)
        age = self.looked - self.since
        wait = _FIRST_WAIT + age / _GROWTH
        if life is not None and age < _OVERDUE * life:
            wait = max(_EARLY * life - age, _CLOSE * life, _FIRST_WAIT / 2)
        return self.looked + min(_LAST_WAIT, wait)

    def settle(self, job: Job) -> None:
        if not self.future.done():
            self.future.set_result(job)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Follower:
    """Waits for many jobs at once. Use `run` as a background task and `wait` for each job.

    `listing` says whether the host has a list worth asking; it is given up for good after a `NotSupported`.
    """

    def __init__(self, provider: Provider, clock: Clock, listing: bool, wait_limit: float) -> None:
        self._provider = provider
        self._clock = clock
        self._listing = listing
        self._wait_limit = wait_limit
        self._watches: dict[str, _Watch] = {}
        self._news = asyncio.Event()
        self._at_once = False
        self._list_failures = 0
        self._lives: deque[float] = deque(maxlen=_REMEMBERED)

    async def wait(self, job: Job, told: Callable[[Job], None]) -> Job:
        """The job once it has ended. `told` is called with every other news of it.

        Raises `WaitedLongEnough`, `NotFound` if the job is gone, `AuthFailed` or `QuotaExhausted`.
        """
        if job.status.terminal:
            return job
        watch = self._watches.get(job.id) or self._begin(job)
        watch.told.append(told)
        self._news.set()
        try:
            return await asyncio.shield(watch.future)
        finally:
            watch.told.remove(told)
            if not watch.told and self._watches.get(job.id) is watch:
                del self._watches[job.id]

    def wake(self) -> None:
        """Look again at once, for instance since a webhook came."""
        self._at_once = True
        self._news.set()

    async def run(self) -> None:
        """Look at everything in flight, again and again, until cancelled. A failed look fails every wait."""
        while True:
            await self._until_due()
            try:
                await self._look()
            except Exception as error:
                for watch in self._watches.values():
                    watch.fail(error)

    def _begin(self, job: Job) -> _Watch:
        now = self._clock.monotonic()
        future: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        watch = self._watches[job.id] = _Watch(now, now, future, job.poll_after)
        return watch

    async def _until_due(self) -> None:
        while not (self._at_once and self._watches):
            self._news.clear()
            if not self._watches:
                await self._news.wait()
                continue
            life = self._life()
            left = min(watch.due(life) for watch in self._watches.values()) - self._clock.monotonic()
            if left <= 0:
                return
            await unless(self._news, self._clock.sleep(left))

    def _life(self) -> float | None:
        """How long jobs live, the shorter ones of those that were seen to end."""
        if len(self._lives) < _KNOWN_FROM:
            return None
        return sorted(self._lives)[len(self._lives) // 4]

    async def _look(self) -> None:
        self._at_once = False
        watches = list(self._watches)
        seen = await self._listed() if self._listing and len(watches) > 1 else {}
        if seen is not None:
            for job_id in watches:
                if job_id in seen:
                    self._update(job_id, seen[job_id])
            await self._ask(job_id for job_id in watches if job_id not in seen)
        now = self._clock.monotonic()
        for job_id in watches:
            self._looked(job_id, now)

    def _looked(self, job_id: str, now: float) -> None:
        watch = self._watches.get(job_id)
        if watch is not None:
            watch.looked = now
            if now - watch.since > self._wait_limit:
                watch.fail(WaitedLongEnough("still rendering when the wait limit was reached"))

    async def _listed(self) -> dict[str, Job] | None:
        """The jobs of the list's newest pages; None where asking for them has to wait for the next look."""
        try:
            seen = await self._pages()
        except (errors.AuthFailed, errors.QuotaExhausted):
            raise
        except errors.NotSupported:
            self._listing = False
            return {}
        except errors.RateLimited:
            return None
        except Exception:
            self._list_failures += 1
            return {} if self._list_failures >= _LIST_FAILURES else None
        self._list_failures = 0
        return seen

    async def _pages(self) -> dict[str, Job]:
        """As many pages as could hold what is in flight, and one more."""
        seen: dict[str, Job] = {}
        after = None
        for _ in range(-(-len(self._watches) // PAGE) + 1):
            page = await self._provider.page(after, PAGE)
            seen.update((job.id, job) for job in page.jobs)
            after = page.after
            if after is None or all(job_id in seen for job_id in self._watches):
                break
        return seen

    async def _ask(self, job_ids: Iterable[str]) -> None:
        """Ask about jobs one by one. Raises what concerns every job, after all of them were asked about."""
        left = list(job_ids)
        while left:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            for raised in await asyncio.gather(*map(self._get, some), return_exceptions=True):
                if isinstance(raised, BaseException):
                    raise raised

    async def _get(self, job_id: str) -> None:
        try:
            self._update(job_id, await self._provider.get(job_id))
        except errors.NotFound as error:
            self._missed(job_id, error)
        except (errors.AuthFailed, errors.QuotaExhausted):
            raise
        except errors.ProviderError:
            return
        except Exception as error:
            if (watch := self._watches.get(job_id)) is not None:
                watch.fail(error)

    def _missed(self, job_id: str, error: errors.NotFound) -> None:
        watch, now = self._watches.get(job_id), self._clock.monotonic()
        if watch is None:
            return
        if not watch.misses:
            watch.missed_at = now
        watch.misses += 1
        if watch.misses >= _MISSES and now - watch.missed_at >= _MISSING_FOR:
            watch.fail(error)

    def _update(self, job_id: str, job: Job) -> None:
        watch = self._watches.get(job_id)
        if watch is None:
            return
        watch.misses = 0
        watch.hint = job.poll_after
        if job.status.terminal:
            if job.status is JobStatus.COMPLETED and watch.looked > watch.since:
                self._lives.append(self._clock.monotonic() - watch.since)
            watch.settle(job)
            return
        for told in watch.told:
            try:
                told(job)
            except Exception as error:
                watch.fail(error)
