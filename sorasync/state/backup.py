"""Copies of the state, taken before each apply, and the way back to one."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sorasync.clock import Clock
from sorasync.state.connect import connect
from sorasync.state.errors import StateError, explained
from sorasync.state.lock import StateLocked, holder
from sorasync.state.migrate import refuse_strangers
from sorasync.state.process import is_dead
from sorasync.state.session import Session
from sorasync.state.store import Store

KEPT = 20
_NAME = re.compile(r".*\.(?P<stamp>\d{8}T\d{9})\.(?P<serial>\d+)\.db")


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy; number 1 is the latest. `at` is Unix seconds, `size` bytes."""

    number: int
    path: Path
    serial: int
    at: float
    size: int


def backup(store: Store, kept: int = KEPT) -> Path | None:
    """Copy the state beside itself, into `backups/`, and drop all but the `kept` latest copies.

    None where there is nothing to copy: a state in memory, one that nothing was recorded in yet, or one
    whose latest copy is of the same serial.
    """
    if store.path is None or store.serial == 0:
        return None
    before = backups(store.path)
    if before and before[0].serial == store.serial:
        return None
    target = _directory(store.path) / f"{store.path.stem}.{_stamp(store.session.clock)}.{store.serial}.db"
    try:
        target.parent.mkdir(exist_ok=True)
        _copy(store, target)
        for old in backups(store.path)[kept:]:
            old.path.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(f"the backup {target.name} cannot be written: {error.strerror}") from error
    return target


def backups(path: Path) -> list[Backup]:
    """The copies of the state at `path`, latest first."""
    files = _directory(path).glob(f"{path.stem}.*.db")
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


def restore(path: Path, number: int, clock: Clock) -> Path | None:
    """Put the copy with that number in the place of the state.

    What stood there is moved into `backups/`, and its new path returned (None if nothing stood there).
    Raises `StateLocked` while somebody is applying, and `StateError` for a copy that is not whole.
    """
    chosen = next((found for found in backups(path) if found.number == number), None)
    if chosen is None:
        raise StateError(
            f"there is no backup {number} of {path.name}", hint="`sorasync state backups` lists them"
        )
    _check(chosen.path)
    serial = max(chosen.serial, _serial_unless_locked(path, clock))
    fresh = path.with_name(f".{path.name}.restoring")
    shutil.copyfile(chosen.path, fresh)
    _settle(fresh, serial + 1, chosen, clock)
    aside = _put_aside(path, clock)
    fresh.replace(path)
    return aside


def set_aside(path: Path, clock: Clock) -> Path | None:
    """Move the state away into `backups/`, so that one can be begun anew; its new path, None without one.

    Raises `StateLocked` while somebody is applying.
    """
    _serial_unless_locked(path, clock)
    return _put_aside(path, clock)


def _copy(store: Store, target: Path) -> None:
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with explained(str(part)):
            store.session.rows("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _check(path: Path) -> None:
    with explained(str(path)), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        refuse_strangers(connection, str(path))
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StateError(f"the backup {path.name} is damaged itself: {found}", hint="choose another one")


def _serial_unless_locked(path: Path, clock: Clock) -> int:
    """The serial of the state that is to be replaced; 0 for one that cannot be read any more."""
    if not path.exists():
        return 0
    try:
        opened = connect(path, create=False, readonly=True)
        with Store(Session(opened.connection, str(path), clock)) as store:
            held = holder(store)
            if held is not None and not is_dead(held.process):
                raise StateLocked(held, clock.now())
            return store.serial
    except StateLocked:
        raise
    except StateError:
        return 0


def _settle(path: Path, serial: int, chosen: Backup, clock: Clock) -> None:
    """Make a copy fit for use: nobody holds it, and its serial is above any that was seen."""
    opened = connect(path, create=False, readonly=False)
    with Store(Session(opened.connection, str(path), clock)) as store, store.transaction():
        store.session.write("DELETE FROM locks")
        store.session.write("UPDATE state SET serial = ?", (serial,))
        store.log("backup restored", serial=chosen.serial, taken_at=chosen.at)


def _put_aside(path: Path, clock: Clock) -> Path | None:
    if not path.exists():
        return None
    aside = _directory(path) / f"{path.stem}.replaced-{_stamp(clock)}.sqlite"
    aside.parent.mkdir(exist_ok=True)
    for suffix in ("-wal", "-shm", "-journal", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    return aside


def _directory(path: Path) -> Path:
    return path.parent / "backups"


def _stamp(clock: Clock) -> str:
    return datetime.fromtimestamp(clock.now(), UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]


def _time(stamp: str) -> float:
    return datetime.strptime(stamp + "000+0000", "%Y%m%dT%H%M%S%f%z").timestamp()
