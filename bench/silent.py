"""A reporter for what is measured."""

from __future__ import annotations

from sorasync.apply.events import ChangeEvent


class Silent:
    """Shows nothing."""

    def event(self, event: ChangeEvent) -> None:
        """Take one event."""

    def notice(self, text: str) -> None:
        """Take one sentence."""
