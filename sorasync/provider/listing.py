"""Walks the list of jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

from sorasync.clock import CLOCK_ALLOWANCE, Clock, SystemClock
from sorasync.provider.base import Provider
from sorasync.provider.errors import ServerError
from sorasync.provider.wire import Job, Page
from sorasync.text import counted

# Most to read of one list: half a million jobs, ten minutes.
MOST_PAGES, MOST_SECONDS = 5_000, 600.0


class PageCount:
    """Counts the pages of one walk. Raises `ServerError` when there is no end to them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.monotonic()
        self._pages = 0

    def turn(self) -> None:
        """One more page is to be read."""
        late = self._clock.monotonic() - self._begun > MOST_SECONDS
        if late or self._pages == MOST_PAGES:
            raise ServerError(f"the provider's list does not end: {counted(self._pages, 'page')} were read")
        self._pages += 1


class ListOrder:
    """Whether a list is visibly newest first: hosts may ignore what order was asked for."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._oldest = 0.0
        self._broken = False

    def add(self, times: Iterable[float | None]) -> None:
        """Look at when the next entries were made (Unix seconds); the order of a moment says nothing."""
        for at in times:
            if at is None:
                continue
            if self._first is None:
                self._first = self._oldest = at
            self._broken |= at > self._oldest + CLOCK_ALLOWANCE
            self._oldest = min(self._oldest, at)

    @property
    def newest_first(self) -> bool:
        """Whether what follows is older than what was seen."""
        return self._first is not None and self._oldest < self._first and not self._broken


async def jobs_since(
    provider: Provider,
    created_after: float | None = None,
    *,
    limit: int = 100,
    turned: Callable[[Page], object] = lambda page: None,
    cut: Callable[[], object] = lambda: None,
    clock: Clock | None = None,
) -> AsyncIterator[Job]:
    """The provider's jobs made after a Unix time (None: all), newest first, a page at a time.

    Stops after the first page that holds nothing new enough, unless the list is not newest first; jobs
    without a time count as new. Lists that ignore the cursor and start over end where they repeat themselves.
    `turned` is called with each page, `cut` where there may be more such jobs than could be read: then one
    that did not come may exist. Raises `NotSupported` where there is no list, and `ServerError` for one
    without an end.
    """
    seen: set[str] = set()
    after: str | None = None
    order = ListOrder()
    count = PageCount(clock or SystemClock())
    while True:
        count.turn()
        page = await provider.page(after, limit)
        turned(page)
        fresh = [job for job in page.jobs if job.id not in seen]
        seen.update(job.id for job in fresh)
        young = [job for job in fresh if _young(job, created_after)]
        for job in young:
            yield job
        order.add(job.created_at for job in fresh)
        if fresh and not young and order.newest_first:
            return
        if page.after is None or page.after == after or not fresh:
            if page.after is not None or page.cut:
                cut()
            return
        after = page.after


def _young(job: Job, created_after: float | None) -> bool:
    return created_after is None or job.created_at is None or job.created_at >= created_after
