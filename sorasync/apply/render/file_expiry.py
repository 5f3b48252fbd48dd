"""When a provider deletes a file: a hint for the download order, never a proof that it is lost."""

from __future__ import annotations

from sorasync.profile.profile import Profile
from sorasync.provider.wire import Job
from sorasync.state.record import Record


def file_expires_at(record: Record, profile: Profile, job: Job | None = None) -> float | None:
    """When the provider deletes a render's file (Unix seconds), None where nothing says.

    What the job says counts, then what it said when it was accepted, then how long the profile says that
    files are kept.
    """
    said = job.expires_at if job is not None else None
    if said is None and record.expires_at is not None:
        made = record.rendered_at or record.submitted_at or 0.0
        said = record.expires_at if record.expires_at > made else None
    if said is not None:
        return said
    kept = profile.limits.expiry_seconds
    rendered_at = (job.completed_at if job is not None else None) or record.rendered_at
    # For ended renders, the lock file keeps only the time of payment.
    rendered_at = rendered_at or record.stored_at or record.intent_at
    return None if kept is None or rendered_at is None else rendered_at + kept
