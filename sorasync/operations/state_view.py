"""What the state knows, as rows: for `state list`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.state.record import Record


@dataclass(frozen=True, slots=True)
class StateRow:
    """A record with an address that points to it; `bound` is False if none does any more, or yet."""

    address: str
    record: Record
    bound: bool
    protect: bool


def rows(project: Project, pattern: str | None = None, *, everything: bool = False) -> list[StateRow]:
    """The rows of every address, of renders in flight, and (`everything`) of retired ones.

    Raises `SorasyncError` for a pattern that matches nothing.
    """
    from sorasync.graph.address import natural
    from sorasync.state.errors import damaged
    from sorasync.state.record import IN_FLIGHT

    with project.synced_store() as store, store.snapshot():
        records = {record.key: record for record in store.every_record()}
        bindings = store.bindings()
    for address, binding in bindings.items():
        if binding.key not in records:
            raise damaged(f"{address} points to a record that is missing")
    found = [StateRow(a, records[b.key], True, b.protect) for a, b in bindings.items()]
    bound = {binding.key for binding in bindings.values()}
    found += [
        StateRow(record.address, record, False, False)
        for key, record in records.items()
        if key not in bound and (everything or record.status in IN_FLIGHT)
    ]
    if pattern is not None:
        found = _matching(found, pattern)
    return sorted(found, key=lambda row: (natural(row.address), not row.bound, row.record.key))


def _matching(found: list[StateRow], pattern: str) -> list[StateRow]:
    from sorasync.graph.address import spellings
    from sorasync.graph.graph import Graph
    from sorasync.plan.selection import matches

    nothing = Graph({}, {}, {})
    names = (pattern, *spellings(pattern))
    kept = [row for row in found if any(matches(name, row.address, nothing) for name in names)]
    if not kept:
        raise SorasyncError(f"the state has nothing called {pattern!r}", hint="sorasync state list")
    return kept


def state_path(project: Project) -> Path:
    """The state's file. Raises `StateError` for a state in memory."""
    from sorasync.state.connect import location
    from sorasync.state.errors import StateError

    path = location(project.config.state.url, project.root)
    if path is None:
        raise StateError("this state is in memory only and has no file")
    return path
