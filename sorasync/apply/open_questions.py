"""Settles lost answers while an apply runs: asks the provider's list, waits where it has not settled."""

from __future__ import annotations

from enum import StrEnum

from sorasync.apply.context import Context
from sorasync.apply.resolve import CLOCK_SKEW, Evidence, Finding, Verdict, findings
from sorasync.provider import errors
from sorasync.provider.wire import Job
from sorasync.state.record import Record, Status


class Answer(StrEnum):
    """What came out when no job was found to follow."""

    RESEND = "resend"
    ASK = "ask"
    LATER = "later"


_PATIENCE = 20


async def settle(context: Context, key: str) -> Job | Answer:
    """Find the job of a record with an unknown outcome, or tell what to do without one.

    An adopted job's id is durable when this returns. Waits while the list has not settled or a request of
    the same words is on its way, but not for ever.
    """
    finding = await _finding(context, key)
    for _ in range(_PATIENCE):
        if finding.verdict is not Verdict.WAIT or context.interrupted:
            break
        await context.clock.sleep(max(0.2, context.profile.abilities.list_settle_seconds / 4))
        finding = await _finding(context, key)
    if finding.verdict is Verdict.ADOPT and finding.job is not None:
        context.store.move(key, Status.SUBMITTED, run=context.run, remote_id=finding.job.id)
        context.store.log("adopted", key=key, run=context.run, remote_id=finding.job.id)
        return finding.job
    return _ANSWERS[finding.verdict]


_ANSWERS = {
    Verdict.RESEND: Answer.RESEND,
    Verdict.ASK: Answer.ASK,
    Verdict.WAIT: Answer.LATER,
    Verdict.ADOPT: Answer.LATER,
}


async def _finding(context: Context, key: str) -> Finding:
    """The verdict for one record; all open records are weighed together, since they compete for jobs."""
    evidence = await gather(context, min(r.intent_at or 0.0 for r in _with(context, Status.UNKNOWN)))
    if evidence is None:
        return Finding(key, Verdict.ASK)
    verdicts = findings(
        _with(context, Status.UNKNOWN),
        evidence,
        frozenset(context.store.remote_ids()),
        _with(context, Status.INTENT),
    )
    return next(finding for finding in verdicts if finding.key == key)


def _with(context: Context, status: Status) -> list[Record]:
    return [record for record in context.store.in_flight() if record.status is status]


async def gather(context: Context, since: float) -> Evidence | None:
    """The provider's jobs since a time, with what their absence proves; None where it cannot list."""
    abilities = context.profile.abilities
    if not context.profile.can("list"):
        return None
    jobs: list[Job] = []
    after = None
    try:
        while True:
            page = await context.provider.page(after, 100)
            jobs.extend(page.jobs)
            oldest = min((job.created_at or 0.0 for job in page.jobs), default=0.0)
            after = page.after
            if after is None or oldest < since - CLOCK_SKEW:
                break
    except errors.ProviderError:
        return None
    return Evidence(
        jobs=jobs,
        complete=abilities.list == "complete",
        prompts=abilities.list_returns_prompts,
        settled_before=context.clock.now() - abilities.list_settle_seconds,
    )
