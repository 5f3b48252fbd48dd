"""A job in flight and when to poll it next."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from sorasync.apply.render.misses import Misses
from sorasync.provider.wire import Job

# Seconds between two polls: the first, the longest, and how many of a job's age add one more.
_FIRST_WAIT, _LAST_WAIT, _GROWTH = 1.0, 20.0, 8.0
# In job durations: when to poll first, how often from then on, and when a job is late.
_EARLY, _CLOSE, _OVERDUE = 0.95, 0.015, 1.3
# Least seconds between two polls of jobs that are about to end: it matters to jobs of a few seconds only.
_CLOSEST = 0.15
# Least seconds between two polls, whatever a server says.
_SHORTEST = 0.1
# Seconds for which the list is trusted to say that a job is still running.
_DOUBT = 300.0


@dataclass(slots=True, eq=False)
class Watched:
    """A polled job. Times are of the monotonic clock.

    `told` is to be called with news. `wakes` is how many calls to look at once it has heard already.
    `unlisted` jobs have to be asked about by themselves: the list does not show them, or not all of them.
    `asked` is when the job was last asked about by itself, `deadline` when it is let go of. `instead` says
    what the last answer was where it says nothing of the job.
    """

    id: str
    since: float
    looked: float
    future: asyncio.Future[Job]
    hint: float | None
    wakes: int
    deadline: float
    prompt: str = ""
    told: list[Callable[[Job], None]] = field(default_factory=list)
    unlisted: bool = False
    asked: float = -math.inf
    misses: Misses = field(default_factory=Misses)
    instead: str | None = None

    def due(self, life: float | None, wakes: int) -> float:
        """When to poll the job next. `life` is how long such jobs took, None if unknown."""
        if self.wakes != wakes:
            return -math.inf
        if self.hint is not None:
            return self.looked + max(self.hint, _SHORTEST)
        age = self.looked - self.since
        wait = _FIRST_WAIT + age / _GROWTH
        if life is not None and age < _OVERDUE * life:
            wait = max(_EARLY * life - age, _CLOSE * life, _CLOSEST)
        return self.looked + min(_LAST_WAIT, wait)

    def seen(self, now: float, wakes: int) -> None:
        """It was looked at, whatever came of it."""
        self.looked, self.wakes = now, wakes

    def doubted(self, now: float) -> bool:
        """Whether to poll the job itself: some lists keep showing an old status."""
        return now - max(self.asked, self.since) >= _DOUBT

    def settle(self, job: Job) -> None:
        """It has ended."""
        if not self.future.done():
            self.future.set_result(job)

    def fail(self, error: Exception) -> None:
        """It cannot be waited for."""
        if not self.future.done():
            self.future.set_exception(error)
