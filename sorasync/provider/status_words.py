"""Maps the status words of all known servers to `JobStatus`."""

from __future__ import annotations

from sorasync.provider.wire import JobStatus

_WORDS = {
    JobStatus.QUEUED: ("queued", "pending", "submitted", "created", "waiting", "not_started", "accepted"),
    JobStatus.IN_PROGRESS: ("in_progress", "processing", "running", "rendering", "generating", "started"),
    JobStatus.COMPLETED: ("completed", "complete", "done", "succeeded", "success", "finished"),
    JobStatus.FAILED: ("failed", "failure", "error", "rejected", "dead"),
    JobStatus.CANCELLED: ("cancelled", "canceled"),
    JobStatus.EXPIRED: ("expired",),
    JobStatus.DELETED: ("deleted",),
}

_STATUS = {word: status for status, words in _WORDS.items() for word in words}


def status_of(word: str) -> JobStatus:
    """The status that a server's word means; `unknown` for a new word."""
    return _STATUS.get(word.strip().lower().replace("-", "_").replace(" ", "_"), JobStatus.UNKNOWN)
