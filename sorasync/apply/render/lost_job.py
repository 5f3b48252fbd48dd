"""A second look at what counts as lost: a question costs nothing, and a render that is there is paid for."""

from __future__ import annotations

from sorasync.apply.context import Context
from sorasync.provider import errors
from sorasync.provider.wire import Job, JobStatus
from sorasync.state.record import Record

_ENDED_WITHOUT_VIDEO = (JobStatus.EXPIRED, JobStatus.DELETED, JobStatus.FAILED, JobStatus.CANCELLED)


async def job_again(context: Context, record: Record) -> Job | None:
    """The job of a lost render, completed or still under way; None where it is as lost as before."""
    if record.remote_id is None or record.provider != context.profile.provider_name:
        return None
    try:
        job = await context.provider.get(record.remote_id)
    except errors.ProviderError:
        return None
    return None if job.status in _ENDED_WITHOUT_VIDEO else job
