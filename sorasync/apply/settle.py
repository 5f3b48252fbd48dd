"""Puts what a provider charged in the place of what was expected, as soon as it says so."""

from __future__ import annotations

from sorasync.apply.context import Context
from sorasync.plan.cost import money
from sorasync.provider.wire import Job
from sorasync.state.record import Record, Status
from sorasync.state.store import Store

_TOO_MUCH = 2
"""A charge of more than so many times the planned price ends the run: the prices of plans are wrong."""


def charged(context: Context, record: Record, job: Job) -> None:
    """A render is here, not in `record` yet. Unless the provider says more, its planned price stands."""
    if job.cost_usd is None or record.reported_usd is not None:
        return
    context.budget.settle(record.intent_at or 0.0, record.cost_usd, job.cost_usd)
    if record.cost_usd and job.cost_usd > record.cost_usd * _TOO_MUCH:
        context.halt(
            f"the provider charged {money(job.cost_usd)} for {record.address}, "
            f"planned were {money(record.cost_usd)}"
        )


def not_rendered(context: Context, record: Record, job: Job) -> None:
    """A job ended without a video: it costs what the provider reports, else nothing."""
    seconds = record.billed_seconds or record.seconds or 0.0
    context.budget.settle(record.intent_at or 0.0, record.cost_usd, job.cost_usd, seconds)


def is_paid(store: Store, key: str) -> bool:
    """Whether a render was made and only its file is missing: a failed download does not give money back."""
    record = store.record(key)
    return record is not None and record.status is Status.RENDERED
