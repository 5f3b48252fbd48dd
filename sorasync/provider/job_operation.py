"""One request of a job profile, and what its host's words for states mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sorasync.provider.wire import JobStatus

if TYPE_CHECKING:
    from sorasync.profile.job import States

# The state of a job whose content was refused.
BLOCKED = "blocked"
_STATUSES = {
    "pending": JobStatus.QUEUED,
    "running": JobStatus.IN_PROGRESS,
    "done": JobStatus.COMPLETED,
    "failed": JobStatus.FAILED,
    "cancelled": JobStatus.CANCELLED,
    "expired": JobStatus.EXPIRED,
    "blocked": BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: method, path with `{model}`, `{id}` and `{own_id}`, and its body's tree, None for none."""

    method: str
    path: str
    body: Mapping[str, object] | None = None

    @classmethod
    def of(cls, line: str, body: Mapping[str, object] | None = None) -> Self:
        """From a line such as `GET /jobs/{id}`."""
        method, _, path = line.partition(" ")
        return cls(method, path, body)


def status_words(states: States) -> Mapping[str, str]:
    """The status that each word means, words in lower case."""
    return {word.lower(): str(_STATUSES[group]) for group, words in states for word in words}
