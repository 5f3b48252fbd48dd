"""`sorasync state`: looks after the state itself. Nothing here sends anything that costs money."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.errors import SorasyncError, blame_option
from sorasync.operations.state_view import state_path

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.state.backup import Backup
    from sorasync.state.lock import Holder, LockWait
    from sorasync.state.store import Store


@dataclass(frozen=True, slots=True)
class StateHealth:
    """What is wrong with a state (nothing: it is sound), and how much it holds."""

    faults: tuple[str, ...]
    records: int
    addresses: int
    serial: int


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds the lock of a state; `dead` where that process has ended on this machine."""

    holder: Holder
    dead: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the state and its lock file were brought together, and the addresses that changed."""

    lock_file: Path
    outcome: str
    addresses: tuple[str, ...]


def check_state(project: Project) -> StateHealth:
    """Check the file of the state, and that its tables agree. Raises `StateError`."""
    from sorasync.state.consistency import faults

    with project.store() as store:
        return StateHealth(tuple(faults(store)), len(store.briefs()), len(store.bindings()), store.serial)


def lock_holders(project: Project) -> list[LockHolder]:
    """Who holds the lock of the state, or leases in it; empty if nobody does. Raises `StateError`."""
    from sorasync.state.lock import all_holders
    from sorasync.state.process import is_dead

    with project.store() as store:
        return [LockHolder(found, is_dead(found.process)) for found in all_holders(store)]


def unlock_state(project: Project, lock: str) -> None:
    """Remove the lock of a dead run by its id. Raises `StateError`."""
    from sorasync.state.lock import unlock

    with project.store(write=True) as store:
        unlock(store, lock)


def state_backups(project: Project) -> list[Backup]:
    """The backups of the state, latest first. Raises `StateError`."""
    from sorasync.state.backup import backups

    return backups(state_path(project))


def restore_state(project: Project, number: int, waiting: LockWait) -> Path | None:
    """Replace the state with a backup; where the state before it is kept. Raises `StateError`."""
    from sorasync.state.backup import restore

    return restore(state_path(project), number, project.clock, waiting)


def exported_state(project: Project) -> str:
    """The whole state as JSON, sorted. Raises `StateError`."""
    from sorasync.state.export import export_state

    with project.store() as store:
        return export_state(store)


def fill_state(project: Project, text: str, waiting: LockWait) -> StateHealth:
    """Fill an empty state from exported JSON. Raises `StateError` for one that has records."""
    from sorasync.state.export import import_state
    from sorasync.state.lock import held

    with project.store(write=True) as store, held(store, project.clock, waiting):
        import_state(store, text)
        return StateHealth((), len(store.briefs()), len(store.bindings()), store.serial)


def move_state(
    project: Project, url: str | None, waiting: LockWait, *, source: str | None = None
) -> StateHealth:
    """Copy a state into the empty one at another URL, and compare every row. Raises `StateError`.

    `source` is its URL, if not that of the library; `url` that of the target, the library's if None.
    """
    from sorasync.state.copy_tables import copy_state
    from sorasync.state.errors import StateError
    from sorasync.state.lock import all_holders, held
    from sorasync.state.store import Store

    def opened(where: str | None, option: str) -> Store:
        if where is None:
            return project.store(write=True)
        try:
            create = option == "--to"
            return Store.open(where, project.root, clock=project.clock, owner=project.owner, create=create)
        except StateError as error:
            blame_option(error, option)
            raise

    with (
        opened(source, "--from") as store,
        held(store, project.clock, waiting) as lock,
        opened(url, "--to") as target,
    ):
        # Two URLs may name one database; only there is our own lock found once more.
        if any(holder.id == lock.id for holder in all_holders(target)):
            raise StateError(
                "the state is there already; nothing was moved", hint=_instead_of(project, store)
            )
        copy_state(store, target)
        return StateHealth((), len(target.briefs()), len(target.bindings()), target.serial)


def _instead_of(project: Project, store: Store) -> str:
    """How a state is moved, where source and target were the same."""
    from sorasync.operations.empty_state import left_behind

    if not store.briefs() and (before := left_behind(project)) is not None:
        return f"{before.way} moves the records of {before.name} there"
    return "name another place with --to, or with --from where the state is now"


def reconcile_state(project: Project, keep: str, waiting: LockWait) -> Agreement:
    """Settle a conflict between the state and the lock file: `keep` is `lock`, `state`, or a render's id.

    Raises `StateError`, and `SorasyncError` where the library keeps no lock file.
    """
    from sorasync.state.backup import backup
    from sorasync.state.compare_lockfile import Side
    from sorasync.state.lock import held
    from sorasync.state.lockfile import reconcile, write

    path = project.lock_path
    if path is None:
        raise SorasyncError("this library keeps no lock file", hint="[state] lock_file = true keeps one")
    with project.store(write=True) as store, held(store, project.clock, waiting):
        backup(store)
        found = reconcile(store, path, Side(keep) if keep in set(Side) else None)
        addresses = found.addresses
        if keep not in set(Side):
            addresses = tuple(sorted({*addresses, store.prefer(keep, run=None).address}))
        write(store, path)
    return Agreement(path, found.outcome.value, addresses)
