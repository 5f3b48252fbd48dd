"""The provider's answers about the renders that a plan depends on, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RemoteState(StrEnum):
    """A job as a plan sees it.

    `missing`: the provider did not find it, which may be temporary. `gone`: the provider says
    so itself, or the time for which it keeps files is over as well. `elsewhere`: it is drawn inside
    another apply, which is at work on it now.
    """

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    MISSING = "missing"
    GONE = "gone"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Remote:
    """The provider's answer for one key. `progress` is 0 to 100; `over`: its file's time is over, it says."""

    state: RemoteState
    progress: int = 0
    over: bool = False
    error: str | None = None
