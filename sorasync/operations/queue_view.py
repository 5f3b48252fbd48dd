"""`sorasync queue`: what waits for runners, and who they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sorasync.operations.project import Project
from sorasync.operations.queue_database import database_of
from sorasync.state.job_queue import CancelledJobs, LivingRunner, QueuedJob, cancel_jobs, queued_jobs


@dataclass(frozen=True, slots=True)
class QueueView:
    """The jobs that are not done, and the runners at work."""

    jobs: list[QueuedJob]
    runners: list[LivingRunner]


def queue_view(project: Project) -> QueueView:
    """The queues of the database that the library's state is in. Raises `StateError`."""
    return QueueView(*queued_jobs(database_of(project.config.state.url)))


def cancel_queued(project: Project, jobs: Collection[int]) -> CancelledJobs:
    """Take jobs out that no runner has begun. Raises `StateError`."""
    return cancel_jobs(database_of(project.config.state.url), jobs)
