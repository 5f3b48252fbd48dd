"""Follows renders in flight with as few requests as possible.

One page of the list follows up to a hundred renders; single gets are for those that the list does not
show, and for hosts without a list: a few at a time, those first that have waited longest.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from sorasync.apply.race import unless
from sorasync.apply.render.outage import Outage
from sorasync.apply.render.poll_rate import PollRate
from sorasync.apply.render.polled_job import Watched
from sorasync.clock import Clock
from sorasync.errors import SorasyncError
from sorasync.provider import errors
from sorasync.provider.base import Provider
from sorasync.provider.wire import Job, JobStatus

PAGE = 100
_AT_ONCE = 8
# Finished jobs needed before their durations are used, and how many are remembered.
_KNOWN_FROM, _REMEMBERED = 4, 32
# Failures of the list in a row after which jobs are polled one by one.
_LIST_FAILURES = 3
# Seconds before a list that failed, or did not show a job, is queried again.
_LIST_AGAIN = 30.0


class WaitedLongEnough(SorasyncError):
    """The wait limit has passed; the render continues at the provider."""


class Follower:
    """Polls many jobs at once. Use `run` as a background task and `wait` for each job.

    `listing` says whether the host has a list worth asking; it is given up for good after a `NotSupported`.
    `is_of_another` tells whether an answer about a job, sent with a prompt, is that of another one.
    """

    def __init__(
        self,
        provider: Provider,
        clock: Clock,
        listing: bool,
        wait_limit: float,
        reach: Outage | None = None,
        is_of_another: Callable[[Job, str], Awaitable[bool]] | None = None,
    ) -> None:
        self._provider = provider
        self._is_of_another = is_of_another
        self._clock = clock
        self._listing = listing
        self._wait_limit = wait_limit
        self._reach = reach or Outage(clock)
        self._pace = PollRate(clock)
        self._watches: dict[str, Watched] = {}
        self._news = asyncio.Event()
        self._begun = asyncio.Event()
        self._wakes = 0
        self._quiet_until = float("-inf")
        self._list_failures = 0
        self._list_again = float("-inf")
        self._lives: deque[float] = deque(maxlen=_REMEMBERED)

    async def wait(
        self, job: Job, told: Callable[[Job], None], deadline: float | None = None, prompt: str = ""
    ) -> Job:
        """The job once it has ended. `told` is called with all other news of it; `prompt` is what was sent.

        Gives up at the deadline (monotonic); by default after the wait limit, counted from now. Raises
        `WaitedLongEnough`, `NotFound` if the job is gone, `AuthFailed` or `QuotaExhausted`.
        """
        # Some hosts answer a create only when the job has ended.
        if job.status.terminal:
            return job
        watch = self._watches.get(job.id) or self._begin(job, deadline, prompt)
        watch.told.append(told)
        self._news.set()
        try:
            # Several callers may wait for one job: cancelling one must not cancel the others' future.
            return await asyncio.shield(watch.future)
        finally:
            watch.told.remove(told)
            if not watch.told and self._watches.get(job.id) is watch:
                del self._watches[job.id]

    def wake(self) -> None:
        """Poll at once, for instance because a webhook arrived."""
        self._wakes += 1
        self._news.set()

    async def run(self) -> None:
        """Poll everything in flight until cancelled. A fatal error fails every wait."""
        expiring = asyncio.create_task(self._expire())
        try:
            while True:
                await self._until_due()
                try:
                    await self._look()
                except Exception as error:
                    # Only errors that every job would meet arrive here, such as a refused key.
                    for watch in self._watches.values():
                        watch.fail(error)
        finally:
            expiring.cancel()

    def _begin(self, job: Job, deadline: float | None, prompt: str) -> Watched:
        now = self._clock.monotonic()
        deadline = now + self._wait_limit if deadline is None else deadline
        future: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        watch = Watched(job.id, now, now, future, job.poll_after, self._wakes, deadline, prompt)
        self._watches[job.id] = watch
        self._begun.set()
        return watch

    async def _expire(self) -> None:
        """Give up on each job at its deadline, even during a request."""
        while True:
            self._begun.clear()
            first = min(self._watches.values(), key=lambda watch: watch.deadline, default=None)
            if first is None:
                await self._begun.wait()
                continue
            # A new job may have an earlier deadline, so a beginning interrupts the sleep.
            left = first.deadline - self._clock.monotonic()
            if left > 0:
                await unless(self._begun, self._clock.sleep(left))
                continue
            del self._watches[first.id]
            trouble = self._reach.trouble or first.instead
            also = f", and {trouble}" if trouble else ""
            first.fail(WaitedLongEnough(f"still rendering when the wait limit was reached{also}"))

    async def _until_due(self) -> None:
        while True:
            self._news.clear()
            if not self._watches:
                await self._news.wait()
                continue
            left = self._next() - self._clock.monotonic()
            if left <= 0:
                return
            await unless(self._news, self._clock.sleep(left))

    def _next(self) -> float:
        """When the next poll is due."""
        life, wakes = self._life(), self._wakes
        listed = single = float("inf")
        for watch in self._watches.values():
            due = watch.due(life, wakes)
            if self._by_itself(watch):
                single = min(single, due)
            else:
                listed = min(listed, due)
        # Only single polls need tokens: one page of the list covers a hundred jobs.
        return max(self._quiet_until, min(listed, max(single, self._pace.ready())))

    def _lists(self) -> bool:
        # For one job a get is smaller than a page.
        return self._listing and len(self._watches) > 1

    def _by_itself(self, watch: Watched) -> bool:
        return watch.unlisted or not self._lists() or self._list_failures >= _LIST_FAILURES

    def _life(self) -> float | None:
        """How long jobs take: the lower quartile of those that were seen to end."""
        if len(self._lives) < _KNOWN_FROM:
            return None
        # Not the median: a late first poll delays the download, an early one costs a single request.
        return sorted(self._lives)[len(self._lives) // 4]

    async def _look(self) -> None:
        due = self._due()
        # Jobs that the list did not show keep it from being asked again for a while, but not for good: it
        # may only lag behind.
        again = self._clock.monotonic() >= self._list_again
        if due and self._lists() and (again or not all(map(self._by_itself, due))):
            await self._look_at_list()
        await self._ask(self._due())

    def _due(self) -> list[Watched]:
        now, life, wakes = self._clock.monotonic(), self._life(), self._wakes
        return [watch for watch in self._watches.values() if watch.due(life, wakes) <= now]

    async def _look_at_list(self) -> None:
        watches, wakes = list(self._watches.values()), self._wakes
        self._list_again = self._clock.monotonic() + _LIST_AGAIN
        seen = await self._listed()
        now = self._clock.monotonic()
        for watch in watches:
            job = None if seen is None else seen.get(watch.id)
            if job is not None and _complete(job):
                # A list may keep showing an old status: now and then the job itself is asked.
                watch.unlisted = not job.status.terminal and watch.doubted(now)
                self._update(watch, job)
                if watch.unlisted:
                    continue
            elif seen is not None:
                # Not on these pages, or without the reason of its failure: only a get tells.
                watch.unlisted = True
                continue
            watch.seen(now, wakes)

    async def _listed(self) -> dict[str, Job] | None:
        """The jobs of the list's newest pages; None if it is unavailable."""
        try:
            seen = await self._pages()
        except (errors.AuthFailed, errors.QuotaExhausted):
            raise
        except errors.NotSupported:
            # An empty answer makes every job unlisted, so all are polled one by one from now on.
            self._listing = False
            return {}
        except errors.RateLimited as error:
            self._reach.busy(error, error.retry_after or 0.0)
            self._hold(error.retry_after)
            return None
        except errors.NotSent as error:
            self._hold(self._reach.failed(error))
            return None
        except Exception:
            # A broken list is no reason to give up on jobs: after a few failures they are asked themselves.
            self._list_failures += 1
            return None
        self._reach.answered()
        self._list_failures = 0
        return seen

    def _hold(self, seconds: float | None) -> None:
        """Send no request for that long."""
        self._quiet_until = self._clock.monotonic() + (seconds or 0.0)

    async def _pages(self) -> dict[str, Job]:
        """As many pages as everything in flight could fill, and one more."""
        seen: dict[str, Job] = {}
        after = None
        for _ in range(-(-len(self._watches) // PAGE) + 1):
            page = await self._provider.page(after, PAGE)
            jobs = page.jobs
            if page.poll_after is not None:
                jobs = tuple(replace(job, poll_after=page.poll_after) for job in jobs)
            seen.update((job.id, job) for job in jobs)
            after = page.after
            if after is None or all(job_id in seen for job_id in self._watches):
                break
        return seen

    async def _ask(self, due: Sequence[Watched]) -> None:
        """Poll some of the jobs that are due, the longest due first; only one if nothing answered before.

        Raises what concerns every job.
        """
        if self._clock.monotonic() < self._quiet_until:
            return
        life, wakes = self._life(), self._wakes
        # During an outage one request is enough to notice its end.
        most = min(1 if self._reach.trouble else _AT_ONCE, self._pace.free())
        alone = [watch for watch in due if self._by_itself(watch)]
        some = heapq.nsmallest(most, alone, key=lambda watch: watch.due(life, wakes))
        self._pace.take(len(some))
        found = await asyncio.gather(*map(self._get, some), return_exceptions=True)
        now = self._clock.monotonic()
        for watch in some:
            watch.seen(now, wakes)
            watch.asked = now
        self._heard(found)

    def _heard(self, found: Sequence[errors.ProviderError | BaseException | None]) -> None:
        """Note what a group of answers says about the host."""
        refused = [error for error in found if isinstance(error, errors.RateLimited)]
        if refused:
            longest = max(refused, key=lambda error: error.retry_after or 0.0)
            self._pace.refused(longest.retry_after or 0.0)
            self._reach.busy(longest, longest.retry_after or 0.0)
        for error in found:
            if isinstance(error, BaseException) and not isinstance(error, (errors.RateLimited, *_SILENT)):
                raise error
        silent = [error for error in found if isinstance(error, _SILENT)]
        # One answer among failures shows that the host is there.
        if silent and len(silent) == len(found):
            self._hold(self._reach.failed(silent[0]))
        elif found:
            self._reach.answered()

    async def _get(self, watch: Watched) -> None:
        """Poll one job. Raises errors that concern the host and not only this job."""
        try:
            job = await self._provider.get(watch.id)
        except errors.NotFound as error:
            # One 404 may come from a lagging replica: `Misses` wants several, over minutes.
            if watch.misses.missed(self._clock.monotonic()):
                watch.fail(error)
        except (errors.AuthFailed, errors.QuotaExhausted, errors.RateLimited, *_SILENT):
            raise
        except errors.ProviderError:
            # An answer that makes no sense; the next poll may.
            return
        except Exception as error:
            watch.fail(error)
        else:
            self._pace.answered()
            if self._is_of_another is not None and await self._is_of_another(job, watch.prompt):
                watch.instead = "the provider answers with another job"
                return
            if job.fileless and not watch.misses.missed(self._clock.monotonic()):
                # The state may be ahead of the file's address, and the render has been paid for.
                watch.instead = "its job is done but names no file yet"
                watch.hint = max(job.poll_after or 0.0, watch.misses.pause)
                return
            watch.instead = None
            self._update(watch, job)

    def _update(self, watch: Watched, job: Job) -> None:
        watch.misses.seen()
        watch.hint = job.poll_after
        if job.status.terminal:
            # A job that had ended before the first poll says nothing about how long jobs take.
            if job.status is JobStatus.COMPLETED and watch.looked > watch.since:
                # It ended at some time since the last look; to say now would let each guess be later.
                self._lives.append((watch.looked + self._clock.monotonic()) / 2 - watch.since)
            watch.settle(job)
            return
        for told in watch.told:
            try:
                told(job)
            except Exception as error:
                watch.fail(error)


# No answer, or one that says nothing about jobs.
_SILENT = (errors.NotSent, errors.ServerError)


def _complete(job: Job) -> bool:
    """Whether a list entry is complete: some lists leave out why a job failed, or every state."""
    if job.status is JobStatus.UNKNOWN:
        return False
    return not job.status.terminal or job.status is JobStatus.COMPLETED
