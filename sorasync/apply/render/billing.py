"""Books the provider's charge in place of the estimate as soon as it is reported."""

from __future__ import annotations

from functools import partial

from sorasync.apply.context import Context
from sorasync.plan.cost import money
from sorasync.profile.profile import Profile
from sorasync.provider.wire import Job
from sorasync.state.record import Record, Status

# A charge of more than this many times the planned price stops the run: the plan's prices are wrong.
_TOO_MUCH = 2


async def move_and_book(
    context: Context, record: Record, to: Status, job: Job | None, **fields: object
) -> Record:
    """Change a record's status, with its job's charge if there is one; budgets count that from now on."""
    after = await context.commits.record(lambda: move(context, record, to, job, **fields))
    book(context, record, after)
    return after


def move(context: Context, record: Record, to: Status, job: Job | None, **fields: object) -> Record:
    """As `move_and_book` in a transaction; what comes of it is still to be booked."""
    if job is not None and job.cost_usd is not None:
        fields |= {"reported_usd": job.cost_usd}
    return context.store.move(record.key, to, run=context.run, **fields)


def charged_refusal(record: Record, profile: Profile, job: Job) -> dict[str, object]:
    """The fields by which a refused job counts, at a host that charges for it and does not say how much."""
    charged = profile.job is not None and profile.job.cost.on_refusal == "charged"
    if not charged or job.cost_usd is not None or record.cost_usd is None:
        return {}
    return {"reported_usd": record.cost_usd}


async def book_report(context: Context, record: Record, job: Job) -> Record:
    """Record a job's charge without changing the record's status."""
    if job.cost_usd is None or job.cost_usd == record.reported_usd:
        return record
    amend = partial(context.store.amend, record.key, run=context.run, reported_usd=job.cost_usd)
    after = await context.commits.record(amend)
    book(context, record, after)
    return after


def book(context: Context, before: Record, after: Record) -> None:
    """Update the budgets for a render, and stop a run that was charged far more than planned."""
    context.budget.settle(before.intent_at or 0.0, before.charge, after.charge)
    planned, reported = after.cost_usd, after.reported_usd
    if reported is None or reported == before.reported_usd or planned is None:
        return
    if reported > planned * _TOO_MUCH:
        context.halt(f"the provider charged {money(reported)} for {after.address}, planned: {money(planned)}")
