"""Walks the provider's list once, for everything that compares the state with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.operations.project import Project

if TYPE_CHECKING:
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


def sweep(project: Project, since: float | None = None) -> Sweep:
    """The provider's jobs made since a Unix time (None: all), and older ones of the same pages.

    Raises `ProviderError`.
    """
    return asyncio.run(_sweep(project, since))


async def _sweep(project: Project, since: float | None) -> Sweep:
    from sorasync.provider.errors import NotSupported
    from sorasync.provider.listing import jobs_since

    if not project.profile.can("list"):
        return Sweep((), complete=False, listed=False)
    pages: list[Page] = []
    async with project.provider() as provider:
        try:
            async for _ in jobs_since(provider, since, turned=pages.append, clock=project.clock):
                pass
        except NotSupported:
            return Sweep((), complete=False, listed=False)
    readable = not any(page.unread for page in pages)
    jobs = {job.id: job for page in pages for job in page.jobs}
    return Sweep(tuple(jobs.values()), complete=readable and project.profile.abilities.list == "complete")


def job(project: Project, job_id: str) -> Job:
    """One job. Raises `NotFound` and other `ProviderError`s."""
    return asyncio.run(_job(project, job_id))


async def _job(project: Project, job_id: str) -> Job:
    async with project.provider() as provider:
        return await provider.get(job_id)
