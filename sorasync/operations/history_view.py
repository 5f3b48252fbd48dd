"""Runs and the log, gathered from the state: for `history` and `log`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError
from sorasync.graph.address import spellings
from sorasync.operations.takes import several_takes
from sorasync.state.account import NOTHING, Spent
from sorasync.state.rows import fields_of

if TYPE_CHECKING:
    from sorasync.graph.graph import Graph
    from sorasync.operations.project import Project
    from sorasync.state.history import Attempt, Event, Run
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class RunView:
    """One run with its lines of the log and its paid requests.

    `spent` is what its paid requests count by now; `several` are the clips that have, or had in this run,
    more than one take.
    """

    run: Run
    spent: Spent
    events: tuple[Event, ...]
    attempts: tuple[Attempt, ...]
    several: frozenset[str]


@dataclass(frozen=True, slots=True)
class LogView:
    """The log of an address, oldest first, with the runs that its lines belong to.

    `prompts` are the prompts by key, as far as they are still recorded; `attempts` the paid requests.
    `several` are the clips that have more than one take; `spent` what each run has spent.
    """

    address: str
    events: tuple[Event, ...]
    runs: Mapping[int, Run]
    prompts: Mapping[str, str]
    attempts: tuple[Attempt, ...]
    several: frozenset[str]
    spent: Mapping[int, Spent]


def runs_of(project: Project, limit: int) -> list[tuple[Run, Spent]]:
    """The latest runs, newest first, with what each has spent."""
    with project.store() as store, store.snapshot():
        spent = store.spent_by_run(simulated=project.profile.simulated)
        return [(run, spent.get(run.id, NOTHING)) for run in store.runs(limit)]


def look_at(project: Project, number: int) -> RunView:
    """One run. Raises `SorasyncError` for a number that there is no run of."""
    with project.store() as store, store.snapshot():
        run = store.run(number)
        if run is None:
            latest = store.runs(1)
            known = f"the latest is {latest[0].id}" if latest else "there is none yet"
            raise SorasyncError(f"there is no run {number}", hint=f"{known}; sorasync history lists them")
        attempts = tuple(a for a in store.attempts() if a.run == number)
        events = tuple(store.events(run=number))
        named = [event.address for event in events] + [attempt.address for attempt in attempts]
        spent = store.spent(run=number, simulated=project.profile.simulated)
        return RunView(run, spent, events, attempts, several_takes(store, named))


def log_of(project: Project, text: str, limit: int | None = None) -> LogView:
    """The log of an address. Raises `SorasyncError` for one that nothing ever happened to."""
    with project.store() as store, store.snapshot():
        for address in _spellings(text):
            events = store.events(address=address, limit=limit)
            if events:
                spent = store.spent_by_run(simulated=project.profile.simulated)
                return _view(store, address, events, spent)
        seen = store.logged_addresses()
    raise _no_events(text, seen, _manifests(project))


def _no_events(text: str, seen: Iterable[str], graph: Graph | None) -> SorasyncError:
    from sorasync.operations.address_lookup import declared, unknown

    found = None if graph is None else declared(text, graph)
    if found is not None:
        return SorasyncError(f"nothing has happened to {text} yet", hint="`sorasync plan` shows what is next")
    return unknown(text, seen, () if graph is None else [node.address for node in graph.nodes()])


def _manifests(project: Project) -> Graph | None:
    """What the manifests declare; None where they cannot be read, which a log does not need."""
    try:
        return project.graph(project.library())
    except SorasyncError:
        return None


def _spellings(text: str) -> list[str]:
    """What a person may mean: the address itself, or the first take of a clip whose `#1` was left out."""
    return [spelling for name in spellings(text) for spelling in (name, _first_take(name)) if spelling]


def _first_take(name: str) -> str:
    owner, slash, step = name.partition("/")
    return f"{owner}#1/{step}" if slash and "#" not in owner else ""


def _view(store: Store, address: str, events: Iterable[Event], spent: Mapping[int, Spent]) -> LogView:

    found = tuple(events)
    keys = {event.key for event in found if event.key}
    records = store.records(keys)
    numbers = {event.run for event in found if event.run is not None}
    runs = {number: run for number in sorted(numbers) if (run := store.run(number))}
    return LogView(
        address=address,
        events=found,
        runs=runs,
        prompts={
            key: str(fields_of(record.inputs).get("prompt") or fields_of(record.inputs).get("name", ""))
            for key, record in records.items()
        },
        attempts=tuple(sorted((a for key in keys for a in store.attempts(key)), key=_sent)),
        several=several_takes(store, [address]),
        spent=spent,
    )


def _sent(attempt: Attempt) -> tuple[float, str]:
    return attempt.at, attempt.key
