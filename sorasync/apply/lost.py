"""What is lost by the plan's account is looked for once more, and then kept in mind as lost."""

from __future__ import annotations

from sorasync.apply.context import Context
from sorasync.apply.fetch import expiry
from sorasync.provider import errors
from sorasync.provider.wire import Job, JobStatus
from sorasync.state.record import IN_FLIGHT, Record, Status

_OVER = (JobStatus.EXPIRED, JobStatus.DELETED)


async def keep_in_mind(context: Context, key: str) -> None:
    """Mark the record as lost, so that a look at the state alone tells it.

    A provider that has the file after all, that cannot be asked, or is another one, leaves it as it is.
    """
    record = context.store.record(key)
    if record is None or record.remote_id is None or record.provider != context.profile.provider_name:
        return
    if record.status is not Status.STORED and record.status not in IN_FLIGHT:
        return
    try:
        job = await context.provider.get(record.remote_id)
    except errors.NotFound:
        job = None
    except errors.ProviderError:
        return
    if job is None or job.status in _OVER or _expired(context, record, job):
        context.store.move(key, Status.LOST, run=context.run, error_stage="download")


def _expired(context: Context, record: Record, job: Job) -> bool:
    until = expiry(context, record, job)
    return job.status is JobStatus.COMPLETED and until is not None and until < context.clock.now()
