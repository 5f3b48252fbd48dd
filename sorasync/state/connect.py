"""Opens a state's SQLite file: its location, settings and integrity check."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sorasync.durable import make_directory, sync_directory
from sorasync.state.errors import WAY_BACK, StateError, explained
from sorasync.state.filesystem import network_type
from sorasync.state.migrate import migrate, migrate_in_memory, refuse_strangers, version
from sorasync.state.migrations import VERSION
from sorasync.state.postgres_url import is_postgres
from sorasync.state.sqlite_database import SqliteDatabase

# States up to this many bytes are checked whenever they are opened for writing, larger ones after a crash.
SMALL = 16 * 1024 * 1024

# What messages call a state that no file has.
IN_MEMORY = "in memory"

_MEMORY = ":memory:"
# The bytes that every SQLite file begins with.
_HEADER = 100
_OLDEST = (3, 37, 0)


@dataclass(frozen=True, slots=True)
class Connected:
    """An open state; `path` is None for one in memory."""

    database: SqliteDatabase
    path: Path | None
    warnings: tuple[str, ...] = ()


def location(url: str, root: Path) -> Path | None:
    """The file that a state's URL names, relative to `root`; None for `sqlite::memory:`."""
    if is_postgres(url):
        raise StateError(
            "this state is in PostgreSQL and has no file",
            hint="the database server keeps its backups; `sorasync state export` writes the state as JSON",
        )
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite" or not rest:
        raise StateError(f"{url!r} is not the URL of a state", hint='write url = "sqlite:state/sorasync.db"')
    if rest == _MEMORY:
        return None
    if rest.startswith("//"):
        raise StateError(
            f"{url!r}: a path follows `sqlite:` directly, without //",
            hint='write url = "sqlite:state/sorasync.db"',
        )
    return root / Path(rest).expanduser()


def connect(path: Path | None, *, create: bool, readonly: bool) -> Connected:
    """Open, check and migrate. Raises `StateError` for anything that cannot be used as a state."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise StateError(
            f"SQLite {sqlite3.sqlite_version} is too old: the state needs 3.37 or later",
            hint="use a newer Python; its SQLite comes with it",
        )
    if path is None or (readonly and not path.exists()):
        return Connected(SqliteDatabase(memory(), IN_MEMORY), None)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise StateError(f"the state {path} is not a regular file", hint="[state] url names a file")
    _refuse_cut_off(path)
    with explained(str(path)):
        return _open_to_read(path) if readonly else _open_to_write(path, create)


def memory() -> sqlite3.Connection:
    """A new state in memory."""
    connection = sqlite3.connect(_MEMORY, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    migrate_in_memory(connection)
    return connection


def _open_to_write(path: Path, create: bool) -> Connected:
    """Open, again and again while another process is making the same file.

    SQLite refuses the change to WAL at once when the file is in use: its own time-out does not cover it.
    """
    for _ in range(_BUSY_TRIES):
        try:
            return _opened_to_write(path, create)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_BUSY_PAUSE)
    return _opened_to_write(path, create)


# How often, and after how many seconds, to retry a file that another process is making.
_BUSY_TRIES, _BUSY_PAUSE = 100, 0.05


def _opened_to_write(path: Path, create: bool) -> Connected:
    _require(path, create)
    unclean = path.exists() and (path.stat().st_size <= SMALL or _left_over(path))
    connection = _connection(path, "rwc" if create else "rw")
    try:
        refuse_strangers(connection, str(path))
        network = network_type(path)
        _settings(connection, "DELETE" if network else "WAL")
        if unclean:
            _quick_check(connection, path)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return Connected(SqliteDatabase(connection, str(path)), path, _warnings(path, network))


def _open_to_read(path: Path) -> Connected:
    """Open read-only; if SQLite's shared memory cannot be made, open with immutable=1."""
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        connection = _connection(path, "rw")
    else:
        connection = _connection(path, "ro" if _left_over(path) else "ro&immutable=1")
    try:
        refuse_strangers(connection, str(path))
        connection.execute("PRAGMA query_only = ON")
        if version(connection) < VERSION:
            connection = _migrated_copy(connection)
    except BaseException:
        connection.close()
        raise
    return Connected(SqliteDatabase(connection, str(path)), path, _warnings(path, network_type(path)))


def _migrated_copy(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(_MEMORY, isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    migrate_in_memory(copy)
    copy.execute("PRAGMA query_only = ON")
    return copy


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=30.0, isolation_level=None, check_same_thread=False)


def _settings(connection: sqlite3.Connection, journal: str) -> None:
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")
    connection.execute("PRAGMA foreign_keys = ON")


def _require(path: Path, create: bool) -> None:
    if path.is_dir():
        raise StateError(f"the state {path} is a directory", hint="[state] url names a file")
    if not path.exists() and not create:
        raise StateError(f"there is no state at {path}", hint="the first `sorasync apply` makes one")
    if not path.exists():
        try:
            make_directory(path.parent)
            # Its maker may have been killed before the name was durable.
            sync_directory(path.parent.parent)
        except OSError as error:
            raise StateError(f"the state's directory cannot be created: {error}") from error


def _refuse_cut_off(path: Path) -> None:
    """Refuse what SQLite takes for a new database: a file without even a whole header."""
    if not path.is_file():
        return
    size = path.stat().st_size
    if 0 < size < _HEADER:
        raise _damaged(path, ["it is cut off"])
    if size == 0 and any((path.parent / "backups").glob(f"{path.stem}.*.db")):
        raise StateError(
            f"the state {path} is empty, though there are backups of it",
            hint="`sorasync state restore 1` brings back the latest; delete the empty file to start over",
        )


def _left_over(path: Path) -> bool:
    """Whether there is a journal beside the file: somebody has it open, or crashed."""
    for suffix in ("-wal", "-journal"):
        journal = path.with_name(path.name + suffix)
        if journal.exists() and journal.stat().st_size:
            return True
    return False


def _quick_check(connection: sqlite3.Connection, path: Path) -> None:
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise _damaged(path, found)


def _damaged(path: Path, found: list[str]) -> StateError:
    return StateError(
        f"the state {path} is damaged: {found[0].splitlines()[0] if found else 'the check failed'}",
        hint=WAY_BACK,
    )


def _warnings(path: Path, network: str | None) -> tuple[str, ...]:
    if network is None:
        return ()
    return (
        f"the state {path} is on a network file system ({network}): "
        "it works with a rollback journal there, and only as well as the server's file locks do",
    )
