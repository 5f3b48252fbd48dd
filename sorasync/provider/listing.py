"""Walking the list of jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from sorasync.provider.base import Provider
from sorasync.provider.wire import Job, Page


async def jobs_since(
    provider: Provider,
    created_after: float | None = None,
    *,
    limit: int = 100,
    turned: Callable[[Page], object] = lambda page: None,
) -> AsyncIterator[Job]:
    """The provider's jobs made after a Unix time (None: all), newest first, a page at a time.

    Stops after the first page that holds nothing new enough; jobs without a time count as new. Lists that
    ignore the cursor and start over end where they repeat themselves. `turned` is told of each page.
    Raises `NotSupported` where there is no list.
    """
    seen: set[str] = set()
    after: str | None = None
    while True:
        page = await provider.page(after, limit)
        turned(page)
        fresh = [job for job in page.jobs if job.id not in seen]
        seen.update(job.id for job in fresh)
        young = [job for job in fresh if _young(job, created_after)]
        for job in young:
            yield job
        if page.after is None or page.after == after or not young:
            return
        after = page.after


def _young(job: Job, created_after: float | None) -> bool:
    return created_after is None or job.created_at is None or job.created_at >= created_after
