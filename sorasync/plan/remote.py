"""What the provider said of the renders that a plan depends on, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RemoteState(StrEnum):
    """A job as a plan sees it. `expired`: it is known, but its file can no longer be fetched."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Remote:
    """The provider's answer for one key. `progress` is 0 to 100; `expires_at` Unix seconds or None."""

    state: RemoteState
    progress: int = 0
    expires_at: float | None = None
    error: str | None = None
