"""Estimates how long a render in flight still takes, from finished ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from sorasync.state.record import Record, Status
from sorasync.state.store import Store

# What makes renders comparable: provider, kind, model, and whether they were batched.
Like = tuple[str, str, str | None, bool]

_LATEST = 1000
_WAITING = frozenset({Status.SUBMITTED, Status.BATCHED})


@dataclass(frozen=True, slots=True)
class Paces:
    """Seconds of waiting for each second that is paid for, the median of the latest renders of a kind."""

    by_kind: Mapping[Like, float]

    def left(self, record: Record, now: float) -> float | None:
        """Seconds that a render in flight still takes; below 0 if it is late, None where nothing is known."""
        began = record.submitted_at or record.intent_at
        length = record.billed_seconds or record.seconds
        pace = self.by_kind.get(_like(record))
        if record.status not in _WAITING or began is None or not length or pace is None:
            return None
        return pace * length - (now - began)


def paces(store: Store) -> Paces:
    """The paces of the latest renders that are here."""
    found: dict[Like, list[float]] = {}
    for provider, kind, model, batched, wait in store.waits_per_second(_LATEST):
        found.setdefault((provider, kind, model, batched), []).append(wait)
    return Paces({like: median(known) for like, known in found.items()})


def _like(record: Record) -> Like:
    return (record.provider, record.kind, record.model, record.batch_id is not None)
