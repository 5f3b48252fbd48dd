"""Books what a provider charges in the place of what was planned, as soon as it says so."""

from __future__ import annotations

from sorasync.apply.context import Context
from sorasync.plan.cost import money
from sorasync.provider.wire import Job
from sorasync.state.record import Record, Status

# A charge of more than so many times the planned price ends the run: the prices of plans are wrong.
_TOO_MUCH = 2


def move_and_book(context: Context, record: Record, to: Status, job: Job | None, **fields: object) -> Record:
    """Move a record on with whatever its job was charged; budgets count that from now on."""
    if job is not None and job.cost_usd is not None:
        fields |= {"reported_usd": job.cost_usd}
    after = context.store.move(record.key, to, run=context.run, **fields)
    book(context, record, after)
    return after


def book_report(context: Context, record: Record, job: Job) -> Record:
    """Note what a job was charged while its record stays where it is."""
    if job.cost_usd is None or job.cost_usd == record.reported_usd:
        return record
    after = context.store.amend(record.key, run=context.run, reported_usd=job.cost_usd)
    book(context, record, after)
    return after


def book(context: Context, before: Record, after: Record) -> None:
    """Let budgets count a render as it is now, and end a run that was charged far more than planned."""
    context.budget.settle(before.intent_at or 0.0, before.charge, after.charge)
    planned, reported = after.cost_usd, after.reported_usd
    if reported is None or reported == before.reported_usd or planned is None:
        return
    if reported > planned * _TOO_MUCH:
        context.halt(f"the provider charged {money(reported)} for {after.address}, planned: {money(planned)}")
