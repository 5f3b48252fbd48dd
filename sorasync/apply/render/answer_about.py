"""Whose job is an answer about? A cache may give the answer about one job to a question about another."""

from __future__ import annotations

from functools import partial

from sorasync.apply.context import Context
from sorasync.provider.wire import Job
from sorasync.recovery.match_job import is_about_another


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
