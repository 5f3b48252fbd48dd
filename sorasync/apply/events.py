"""The events of a running apply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Moment(StrEnum):
    """A step in the life of one change, in the order they occur."""

    SENT = "sent"
    RENDERING = "rendering"
    RENDERED = "rendered"
    FETCHING = "fetching"
    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    BLOCKED = "blocked"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """An event of the change with that label. `progress` is 0 to 100, None where unknown."""

    label: str
    moment: Moment
    detail: str = ""
    progress: int | None = None


class Reporter(Protocol):
    """Shows events to people or programs. Must not raise and must not wait."""

    def event(self, event: ChangeEvent) -> None:
        """Take one event."""
        ...

    def notice(self, text: str) -> None:
        """Take one sentence about the run as a whole."""
        ...
