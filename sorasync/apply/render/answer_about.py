"""Whose job is an answer about? A cache may give the answer about one job to a question about another."""

from __future__ import annotations

from functools import partial

from sorasync.apply.context import Context
from sorasync.provider.errors import ProviderError
from sorasync.provider.wire import Job
from sorasync.recovery.match_job import is_about_another
from sorasync.state.record import Record


async def is_of_another(context: Context, job: Job, prompt: str) -> bool:
    """Whether an answer about a job of ours, sent with a prompt, is that of another one.

    It names another id, and another prompt, or the id of another render of ours. Any other id may be one
    more form of the job's own.
    """
    if job.named is None:
        return False
    if is_about_another(job, prompt):
        return True
    return await context.commits.read(partial(context.job_ids.given, job.named))


async def with_fresh_links(context: Context, record: Record, job: Job, prompt: str) -> Job:
    """The job as the provider reports it now, or unchanged if it does not; `prompt` is what was sent."""
    try:
        now = await context.provider.get(record.remote_id or job.id)
    except ProviderError:
        return job
    return job if await is_of_another(context, now, prompt) else now
