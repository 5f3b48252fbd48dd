"""Checks of this machine: disk, file system, state, lock and backups."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from sorasync.doctor.checks import Check, Level
from sorasync.errors import SorasyncError
from sorasync.operations.project import Project
from sorasync.state.leases import clocks_apart, holders, server_time
from sorasync.state.store import Store
from sorasync.text import counted

_GIB = 1 << 30
# Bytes. An apply starts no render with less than the first.
_DISK_FAILS, _DISK_WARNS = 256 << 20, 5 * _GIB
_BACKUP_OLD = 7 * 86400.0


def local_checks(project: Project) -> Iterator[Check]:
    """Every check that needs no provider."""
    yield _disk(project)
    yield from _schemas(project)
    try:
        with project.store() as store:
            yield from _state(project, store)
    except SorasyncError as error:
        yield Check("state", Level.ERROR, error.message, error.hint or "sorasync state check")


def _disk(project: Project) -> Check:
    try:
        project.assets().listing()
    except SorasyncError as error:
        return Check("disk", Level.ERROR, error.message, error.hint)
    free = shutil.disk_usage(_existing(project.assets().path)).free
    level = Level.ERROR if free < _DISK_FAILS else Level.WARNING if free < _DISK_WARNS else Level.OK
    return Check("disk", level, f"{free / _GIB:.1f} GiB free for videos")


def _schemas(project: Project) -> Iterator[Check]:
    from sorasync.operations.schemas import stale_schemas

    for name, command in stale_schemas(project.root):
        yield Check("schemas", Level.WARNING, f"{name} is of another version of sorasync", command)


def _state(project: Project, store: Store) -> Iterator[Check]:
    from sorasync.state.consistency import faults
    from sorasync.state.lock import all_holders
    from sorasync.state.record import Status

    if store.path is None and not store.shared:
        yield Check("state", Level.OK, "nothing is recorded yet")
        return
    found = faults(store)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        yield Check("state", Level.ERROR, f"{found[0]}{more}", "sorasync state check")
    else:
        flying = store.in_flight()
        yield Check("state", Level.OK, f"sound; {counted(len(flying), 'render')} in flight")
        lost = sum(record.status in (Status.INTENT, Status.UNKNOWN) for record in flying)
        if lost:
            yield Check("lost answers", Level.WARNING, f"{lost} are open", "sorasync resolve")
    if store.path is not None:
        yield from _file_system(store.path)
        yield from _backups(project, store.path)
    if store.shared:
        yield _database_clock(store, project.clock.now())
    gone = sum(dead for _, dead in holders(store)) if store.shared else 0
    if gone:
        message = f"{counted(gone, 'apply', 'applies')} ended without giving the leases back"
        yield Check("leases", Level.OK, f"{message}: the next one takes them over")
    for held in all_holders(store):
        yield Check("lock", Level.OK, f"held by {held.describe(project.clock.now())}")


def _database_clock(store: Store, now: float) -> Check:
    apart = clocks_apart(now - server_time(store))
    if not apart:
        return Check("database", Level.OK, "its clock agrees with this machine")
    hint = (
        "set the clocks: leases go by the database's, but days of budgets and the history by this machine's"
    )
    return Check("database", Level.WARNING, apart, hint)


def _file_system(path: Path) -> Iterator[Check]:
    from sorasync.state.filesystem import network_type

    kind = network_type(path)
    if kind is None:
        yield Check("file system", Level.OK, "the state is on a local one")
    else:
        hint = "keep the state on a local disk: two machines could write to it at once"
        yield Check("file system", Level.WARNING, f"the state is on a network file system ({kind})", hint)


def _backups(project: Project, path: Path) -> Iterator[Check]:
    from sorasync.state.backup import backups

    copies = backups(path)
    if not copies:
        yield Check("backups", Level.UNKNOWN, "there is none yet; every apply makes one first")
        return
    age = project.clock.now() - copies[0].at
    level = (
        Level.WARNING if age > _BACKUP_OLD and path.stat().st_mtime > copies[0].at + _BACKUP_OLD else Level.OK
    )
    yield Check("backups", level, f"{len(copies)}, the latest {_old(age)}")


def _old(age: float) -> str:
    hours = round(max(0.0, age) / 3600)
    if hours == 0:
        return "less than an hour old"
    return f"{counted(round(hours / 24), 'day') if hours > 48 else counted(hours, 'hour')} old"


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())
