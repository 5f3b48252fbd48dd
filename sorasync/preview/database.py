"""The database file: opening it, creating its tables once, and transactions on it.

Several processes may hold the file open at once: it is in WAL mode, and every write happens in an
immediate transaction, so that two of them never interleave.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from sorasync.errors import SorasyncError
from sorasync.preview.table_schema import SCHEMA, UPGRADES, VERSION

BUSY_SECONDS = 30.0
_WAL_TRIES, _WAL_PAUSE = 100, 0.05


class Database:
    """One connection, usable from any thread; close it with `close`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._depth = 0
        try:
            self._use_wal()
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._prepare(path)
        except BaseException:
            self._connection.close()
            raise

    def _use_wal(self) -> None:
        """Switch to WAL. SQLite refuses at once while another process makes the same file: try again."""
        for _ in range(_WAL_TRIES):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(_WAL_PAUSE)
        self._connection.execute("PRAGMA journal_mode = WAL")

    def _prepare(self, path: Path) -> None:
        with self.write():
            version = self.one("PRAGMA user_version")[0]
            while version in UPGRADES:
                self._connection.execute(UPGRADES[version])
                version += 1
                self._connection.execute(f"PRAGMA user_version = {version}")
            if version not in (0, VERSION):
                raise SorasyncError(
                    f"{path} was written by another version of the preview server (format {version}, "
                    f"this one knows {VERSION})",
                    hint="use another data directory, or delete this one",
                )
            if version == 0:
                for statement in SCHEMA.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction, rolled back on any exception; one inside another joins it."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def first(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query, None when there is none."""
        with self._lock:
            row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def one(self, sql: str, *values: object) -> sqlite3.Row:
        """The row of a query that always has one."""
        row = self.first(sql, *values)
        if row is None:
            raise LookupError(sql)
        return row

    def run(self, sql: str, *values: object) -> int:
        """Carry out a statement; the number of rows it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, row: dict[str, Any], *, ignore: bool = False) -> bool:
        """Add a row; False when `ignore` is given and it is there already."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        verb = "INSERT OR IGNORE" if ignore else "INSERT"
        return self.run(f"{verb} INTO {table} ({names}) VALUES ({marks})", *row.values()) == 1

    def close(self) -> None:
        """Close the connection. Safe to call twice."""
        self._connection.close()

    def __del__(self) -> None:
        """Close what nobody closed, so that a dropped server leaves nothing open."""
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()


def columns_of(value: Any) -> dict[str, Any]:
    """A flat dataclass as a row. Shallow, unlike `dataclasses.asdict`, for speed."""
    return {item.name: getattr(value, item.name) for item in fields(value)}
