"""Backups of the state, made before each change, and how to restore one."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sorasync.clock import Clock
from sorasync.durable import make_directory, sync_directory
from sorasync.state.connect import connect
from sorasync.state.errors import StateError, explained
from sorasync.state.lock import LockWait, RunLock, StateLocked, acquire_within, holder
from sorasync.state.migrate import refuse_strangers
from sorasync.state.process import is_dead
from sorasync.state.session import Session
from sorasync.state.store import Store

KEPT = 20
_NAME = re.compile(r".*\.(?P<stamp>\d{8}T\d{9})\.(?P<serial>\d+)\.db")


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup; number 1 is the latest. `at` is Unix seconds, `size` bytes."""

    number: int
    path: Path
    serial: int
    at: float
    size: int


def backup(store: Store, kept: int = KEPT) -> Path | None:
    """Copy the state into `backups/` beside it, and delete all but the `kept` latest copies.

    None if there is nothing to copy: a state in memory, one without records, or one
    whose latest copy is of the same serial.
    """
    if store.path is None or store.serial == 0:
        return None
    before = backups(store.path)
    if before and before[0].serial == store.serial:
        return None
    target = (
        _backup_directory(store.path)
        / f"{store.path.stem}.{_backup_stamp(store.session.clock)}.{store.serial}.db"
    )
    try:
        make_directory(target.parent)
        _copy_database(store, target)
        for old in backups(store.path)[kept:]:
            old.path.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(f"the backup {target.name} cannot be written: {error.strerror}") from error
    return target


def backups(path: Path) -> list[Backup]:
    """The backups of the state at `path`, latest first."""
    files = _backup_directory(path).glob(f"{path.stem}.*.db")
    found = [
        (match["stamp"], int(match["serial"]), file)
        for file in files
        if (match := _NAME.fullmatch(file.name))
    ]
    found.sort(key=lambda entry: entry[:2], reverse=True)
    return [
        Backup(number, file, serial, _time(stamp), file.stat().st_size)
        for number, (stamp, serial, file) in enumerate(found, 1)
    ]


def restore(path: Path, number: int, clock: Clock, waiting: LockWait) -> Path | None:
    """Replace the state with the backup of that number.

    The old state is moved into `backups/`, and its new path returned (None if there was none).
    Raises `StateLocked` while somebody is applying, and `StateError` for a damaged backup.
    """
    chosen = next((found for found in backups(path) if found.number == number), None)
    if chosen is None:
        raise StateError(
            f"there is no backup {number} of {path.name}", hint="`sorasync state backups` lists them"
        )
    _check(chosen.path)
    fresh = path.with_name(f".{path.name}.restoring")
    with _taken(path, clock, waiting) as serial:
        try:
            shutil.copyfile(chosen.path, fresh)
            _prepare_copy(fresh, max(chosen.serial, serial) + 1, chosen, clock)
            aside = _keep(path, clock)
            fresh.replace(path)
            sync_directory(path.parent)
        except OSError as error:
            raise StateError(f"the backup cannot be put in place: {error.strerror}") from error
        finally:
            fresh.unlink(missing_ok=True)
    return aside


def set_aside(path: Path, clock: Clock, waiting: LockWait) -> Path | None:
    """Move the state into `backups/`, so that a new one can be made; its new path, None without one.

    Raises `StateLocked` while somebody is applying.
    """
    with _taken(path, clock, waiting):
        aside = _keep(path, clock)
        path.unlink(missing_ok=True)
    return aside


def _copy_database(store: Store, target: Path) -> None:
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with explained(str(part)):
            store.session.rows("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
        sync_directory(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _check(path: Path) -> None:
    with explained(str(path)), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        refuse_strangers(connection, str(path))
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StateError(f"the backup {path.name} is damaged, too: {found}", hint="choose another one")


@contextmanager
def _taken(path: Path, clock: Clock, waiting: LockWait) -> Iterator[int]:
    """Lock the state that will be replaced, and yield its serial; 0 if it is unusable.

    The lock stays in the moved file, so that whoever still has it open stops.
    """
    try:
        with _opened(path, clock) as store:
            lock = asyncio.run(acquire_within(store, waiting, clock))
            serial = store.serial
            store.session.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    except StateLocked:
        raise
    except StateError:
        _refuse_holder(path, clock)
        yield 0
        return
    try:
        yield serial
    except BaseException:
        if path.exists():
            with suppress(StateError), _opened(path, clock) as store:
                RunLock(store, lock.id, clock).release()
        raise


def _opened(path: Path, clock: Clock, *, readonly: bool = False) -> Store:
    opened = connect(path, create=False, readonly=readonly)
    return Store(Session(opened.database, clock), path)


def _refuse_holder(path: Path, clock: Clock) -> None:
    """Raise `StateLocked` if an unwritable state still names its holder."""
    found = None
    with suppress(StateError), _opened(path, clock, readonly=True) as store:
        found = holder(store)
    if found is not None and not is_dead(found.process):
        raise StateLocked(found, clock.now())


def _prepare_copy(path: Path, serial: int, chosen: Backup, clock: Clock) -> None:
    """Prepare a copy for use: remove its lock, and raise its serial above any that was seen."""
    opened = connect(path, create=False, readonly=False)
    with Store(Session(opened.database, clock)) as store, store.transaction():
        store.session.write("DELETE FROM locks")
        store.session.write("UPDATE state SET serial = ?", (serial,))
        store.log("backup restored", serial=chosen.serial, taken_at=chosen.at)


def _keep(path: Path, clock: Clock) -> Path | None:
    """Link the state into `backups/`, together with its journals.

    The file stays in place until it is replaced: a missing state would count as an empty one.
    """
    if not path.exists():
        return None
    aside = _backup_directory(path) / f"{path.stem}.replaced-{_backup_stamp(clock)}.sqlite"
    make_directory(aside.parent)
    try:
        os.link(path, aside)
    except OSError:
        shutil.copyfile(path, aside)
    for suffix in ("-wal", "-shm", "-journal"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    sync_directory(aside.parent)
    return aside


def _backup_directory(path: Path) -> Path:
    return path.parent / "backups"


def _backup_stamp(clock: Clock) -> str:
    return datetime.fromtimestamp(clock.now(), UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]


def _time(stamp: str) -> float:
    return datetime.strptime(stamp + "000+0000", "%Y%m%dT%H%M%S%f%z").timestamp()
