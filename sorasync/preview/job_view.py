"""A job at a moment in time."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.model import PreviewJob

_QUEUED_PART = 0.1


@dataclass(frozen=True, slots=True)
class Shown:
    """A job with the status and progress it has now.

    `base` is the server's address, without `/v1`; `video` is its file, where an answer is to hold it.
    """

    job: PreviewJob
    status: str
    progress: int
    base: str = ""
    video: bytes | None = None

    @property
    def done(self) -> bool:
        """Whether its video can be fetched, as far as its status goes."""
        return self.status == "completed" and not self.job.videoless


def show(job: PreviewJob, now: float, *, drawing: int, render_seconds: float, base: str = "") -> Shown:
    """What a job looks like. `drawing` is how far its drawing is, 0 to 100.

    Until it is settled a job is queued for the first tenth of its render time or while nobody draws it, and
    its progress is the smaller of the drawing's and of the time's.
    """
    if job.state != "active":
        return Shown(job, job.state, 100 if job.state == "completed" else 0, base)
    elapsed = (now - job.created) / render_seconds if render_seconds else 1.0
    begun = job.drawn is not None or job.started is not None
    if not begun or elapsed < _QUEUED_PART or job.stuck:
        return Shown(job, "queued", 0, base)
    part = min(100 if job.drawn is not None else drawing, elapsed * 100)
    return Shown(job, "in_progress", max(0, min(99, int(part))), base)
