"""Walks a host's list once, for everything that compares the state with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sorasync.operations.library_host import Host
    from sorasync.provider.wire import Job, Page


@dataclass(frozen=True, slots=True)
class Sweep:
    """The jobs of the list, newest first. `complete`: a job that is not among them does not exist.

    `listed` is False where the provider has no list at all.
    """

    jobs: tuple[Job, ...]
    complete: bool
    listed: bool = True


def oldest_first(jobs: Iterable[Job]) -> list[Job]:
    """Jobs of a list by age. Times may be whole seconds, so the list's own order decides between equals."""
    found = list(jobs)
    found.reverse()
    found.sort(key=lambda job: job.created_at or 0.0)
    return found


def sweep(host: Host, since: float | None = None) -> Sweep:
    """The host's jobs made since a Unix time (None: all), and older ones of the same pages.

    Raises `ProviderError`.
    """
    return asyncio.run(_sweep(host, since))


async def _sweep(host: Host, since: float | None) -> Sweep:
    from sorasync.provider.errors import NotSupported
    from sorasync.provider.listing import jobs_since

    if not host.profile.can("list"):
        return Sweep((), complete=False, listed=False)
    pages: list[Page] = []
    cut: list[None] = []
    async with host.client() as provider:
        try:
            walk = jobs_since(
                provider, since, turned=pages.append, cut=lambda: cut.append(None), clock=host.clock
            )
            async for _ in walk:
                pass
        except NotSupported:
            return Sweep((), complete=False, listed=False)
    readable = not cut and not any(page.unread for page in pages)
    jobs = {job.id: job for page in pages for job in page.jobs}
    return Sweep(tuple(jobs.values()), complete=readable and host.profile.abilities.list == "complete")


def job(host: Host, job_id: str) -> Job:
    """One job. Raises `NotFound` and other `ProviderError`s."""
    return asyncio.run(_job(host, job_id))


async def _job(host: Host, job_id: str) -> Job:
    async with host.client() as provider:
        return await provider.get(job_id)
