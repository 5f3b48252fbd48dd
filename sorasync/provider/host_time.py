"""Corrects a host's times to this machine's clock, by the `Date` header of its answers.

Whoever compares a job's times with an intent or with the present need not know that clocks differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sorasync.clock import CLOCK_ALLOWANCE
from sorasync.provider.retry_after import date_of

if TYPE_CHECKING:
    from sorasync.provider.batch import Batch
    from sorasync.provider.wire import Job

# Below this a difference is left alone: jobs keep the times that the host gave them.
_AGREES = CLOCK_ALLOWANCE / 4

_TIMES = ("created_at", "completed_at", "expires_at")

Timed = TypeVar("Timed", "Job", "Batch")


class HostTime:
    """How far the host's clock is ahead of this machine's, according to its last answers."""

    def __init__(self) -> None:
        # Seconds; negative where it is behind, 0 as long as it has said nothing or the clocks agree.
        self.ahead = 0.0

    def heard(self, headers: Mapping[str, str], sent: float, received: float) -> None:
        """Note an answer's date. `sent` and `received` are Unix times of this machine."""
        said = date_of(headers)
        if said is None:
            return
        # The answer was written at some time between the two, which may be far apart.
        least, most = said - received, said + 1.0 - sent
        if least - _AGREES <= self.ahead <= most + _AGREES:
            return
        self.ahead = 0.0 if least - _AGREES <= 0.0 <= most + _AGREES else (least + most) / 2

    def ours(self, timed: Timed) -> Timed:
        """A job or batch with its times as this machine's clock would have shown them."""
        if not self.ahead:
            return timed
        names = (name for name in _TIMES if hasattr(timed, name))
        times: dict[str, Any] = {name: self._ours(getattr(timed, name)) for name in names}
        return replace(timed, **times)

    def _ours(self, time: float | None) -> float | None:
        return None if time is None else time - self.ahead
