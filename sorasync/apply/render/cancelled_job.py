"""The record and the charge of a cancelled job."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sorasync.profile.profile import Profile
from sorasync.provider.wire import Job
from sorasync.state.record import CANCEL, CANCELLED, CANCELLED_QUEUED, Record


def cancelled_fields(record: Record, profile: Profile, job: Job | None, now: float) -> dict[str, object]:
    """The fields of a record whose job was cancelled and ended without a file.

    The charge is what the host reports, else what its profile says about cancelled jobs, else the price.
    """
    charge = None if job is None else job.cost_usd
    if charge is None:
        charge = charge_of(profile, record.cost_usd, queued=record.error_code == CANCELLED_QUEUED)
        # Without a charge there is nothing to report, unless one was reported before.
        charge = None if charge == 0 and record.reported_usd is None else charge
    day = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
    return {
        "error_stage": CANCEL,
        "error_code": CANCELLED,
        "error_message": f"cancelled on {day}",
        "reported_usd": charge,
    }


def charge_of(profile: Profile, price: Decimal | None, *, queued: bool) -> Decimal | None:
    """The charge of a job that is cancelled while queued, or while rendering; None if unknown."""
    spec = None if profile.job is None else profile.job.cancel
    return price if spec is None or spec.charged(queued=queued) else Decimal(0)
