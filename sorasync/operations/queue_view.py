"""`sorasync queue`: what waits for runners, and who they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.state.job_queue import LivingRunner, QueuedJob, cancel_jobs, queued_jobs
from sorasync.state.postgres_url import is_postgres


@dataclass(frozen=True, slots=True)
class QueueView:
    """The jobs that are not done, and the runners at work."""

    jobs: list[QueuedJob]
    runners: list[LivingRunner]


def queue_view(project: Project) -> QueueView:
    """The queues of the database that the library's state is in. Raises `StateError`."""
    return QueueView(*queued_jobs(_database(project)))


def cancel_queued(project: Project, jobs: Collection[int]) -> list[int]:
    """Take jobs out that no runner has begun; which ones that were. Raises `StateError`."""
    return cancel_jobs(_database(project), jobs)


def _database(project: Project) -> str:
    url = project.config.state.url
    if not is_postgres(url):
        raise SorasyncError(
            "there is no queue: the state of this library is a file",
            hint='set [state] url = "postgresql://…" in sorasync.toml; see docs/team.md',
        )
    return url
