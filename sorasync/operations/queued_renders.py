"""What of a library is queued already: nobody should queue or pay for it once more unknowingly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sorasync.operations.project import Project
from sorasync.state.job_queue import UnfinishedJob, unfinished_jobs
from sorasync.state.store import Store
from sorasync.text import counted

# The most jobs to name.
_SHOWN = 5


def queued_of(project: Project, store: Store, keys: Collection[str]) -> Iterator[str]:
    """Notices about the renders of a plan that are queued: how many, and where. Raises `StateError`."""
    jobs = unfinished_jobs(store, project.owner) if store.shared and keys else []
    yield from queued_notices(
        {one.key: job for job in jobs for one in job.renders if one.key in keys}.values()
    )


def queued_notices(jobs: Iterable[UnfinishedJob]) -> Iterator[str]:
    """How many renders are queued already and where; a job for each of them."""
    by_queue: dict[str, list[UnfinishedJob]] = {}
    for job in jobs:
        by_queue.setdefault(job.queue, []).append(job)
    for queue, found in sorted(by_queue.items()):
        ids = sorted({job.id for job in found})
        some = ", ".join(map(str, ids[:_SHOWN])) + (" …" if len(ids) > _SHOWN else "")
        verb = "is" if len(found) == 1 else "are"
        word = "job" if len(ids) == 1 else "jobs"
        yield f"{counted(len(found), 'render')} {verb} queued already at {queue} ({word} {some})"
