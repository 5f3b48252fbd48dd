"""Asks again for a lost render: a GET is free, and the render has been paid for."""

from __future__ import annotations

from sorasync.apply.context import Context
from sorasync.apply.render.answer_about import is_of_another
from sorasync.provider import errors
from sorasync.provider.wire import Job, JobStatus
from sorasync.state.record import Record

_ENDED_WITHOUT_VIDEO = (JobStatus.EXPIRED, JobStatus.DELETED, JobStatus.FAILED, JobStatus.CANCELLED)


async def job_again(context: Context, record: Record, prompt: str = "") -> Job | None:
    """The job of a lost render, completed or still running; None if it is still lost.

    `prompt` is what was sent.
    """
    if record.remote_id is None or record.provider != context.profile.provider_name:
        return None
    try:
        job = await context.provider.get(record.remote_id)
    except errors.ProviderError:
        return None
    if job.status in _ENDED_WITHOUT_VIDEO or await is_of_another(context, job, prompt):
        return None
    return job
