"""The order of an apply: what is ready, and what a failure blocks."""

from __future__ import annotations

import heapq
from collections.abc import Container, Sequence
from graphlib import TopologicalSorter

from sorasync.graph.render import Kind
from sorasync.plan.action import Action
from sorasync.plan.change import Change

# Free changes first, then downloads of what is paid for, then new renders.
_FIRST = {
    Action.MOVE: 0,
    Action.RETIRE: 0,
    Action.BLOCKED: 0,
    Action.LOST: 0,
    Action.DOWNLOAD: 1,
    Action.RESUME: 2,
}


def _rank(change: Change) -> int:
    """Characters come before what uses them."""
    uploads = change.render is not None and change.render.kind is Kind.CHARACTER
    return _FIRST.get(change.action, 3 if uploads else 4)


class Schedule:
    """Hands out changes whose dependencies are done: urgent ones first, then in plan order."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = {change.label: change for change in changes}
        self._rank = {change.label: (_rank(change), position) for position, change in enumerate(changes)}
        self._needs = {
            change.label: [need for need in change.depends_on if need in self._changes] for change in changes
        }
        self._sorter = TopologicalSorter(self._needs)
        self._sorter.prepare()
        # What is ready, by host: one that takes nothing more holds up no other.
        self._ready: dict[str, list[tuple[tuple[int, int], str]]] = {}
        self._broken: dict[str, str] = {}
        self._collect()

    def _collect(self) -> None:
        for label in self._sorter.get_ready():
            ready = self._ready.setdefault(self._changes[label].provider, [])
            heapq.heappush(ready, (self._rank[label], label))

    def peek(self, full: Container[str] = ()) -> Change | None:
        """The change to start next at the hosts that are not `full`, None while nothing is ready there."""
        ready = [heap[0] for host, heap in self._ready.items() if heap and host not in full]
        return self._changes[min(ready)[1]] if ready else None

    def take(self, change: Change) -> None:
        """Take the change that `peek` gave: it is started or settled."""
        heapq.heappop(self._ready[change.provider])

    def put_back(self, change: Change) -> None:
        """Hand a change out once more, at another host: what waits for it goes on waiting."""
        self._changes[change.label] = change
        heapq.heappush(self._ready.setdefault(change.provider, []), (self._rank[change.label], change.label))

    def cause(self, change: Change) -> str | None:
        """The label of the failed change that blocks this one, its root cause; else None."""
        return next((self._broken[need] for need in self._needs[change.label] if need in self._broken), None)

    def done(self, change: Change) -> None:
        """Mark the change as done: its dependants may start."""
        self._sorter.done(change.label)
        self._collect()

    def broken(self, change: Change, cause: str | None = None) -> None:
        """Mark the change as failed. Its dependants are still handed out, each with a `cause`."""
        self._broken[change.label] = cause or change.label
        self.done(change)
