"""A state in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache

from sorasync.state.database import scrubbed
from sorasync.state.errors import StateError, explain
from sorasync.state.row_writes import RowWrite


class SqliteDatabase:
    """An open SQLite connection in autocommit mode. See `Database`."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, UnicodeDecodeError)
    # See `Database.writes_alone`: SQLite has one writer, and `begin` waits to be that.
    writes_alone = True

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.name = name
        self.connection = connection
        self.execute = connection.execute
        self.executemany = connection.executemany
        self._relaxed = False

    @property
    def in_transaction(self) -> bool:
        """See `Database.in_transaction`."""
        return self.connection.in_transaction

    @property
    def readonly(self) -> bool:
        """See `Database.readonly`."""
        return bool(self.execute("PRAGMA query_only").fetchone()[0])

    def write_rows(
        self,
        writes: Sequence[tuple[RowWrite, Sequence[tuple[object, ...]]]],
        check: tuple[str, tuple[object, ...]] | None = None,
        /,
    ) -> None:
        """See `Database.write_rows`."""
        for write, rows in writes:
            statement = _of_one_row(write)
            for row in rows:
                try:
                    self.execute(statement, row)
                except UnicodeEncodeError:
                    self.execute(statement, scrubbed(row))
        if check is not None:
            self.execute(*check)

    def begin(self, *, relaxed: bool) -> None:
        """See `Database.begin`."""
        if relaxed:
            self.execute("PRAGMA synchronous = NORMAL")
            self._relaxed = True
        try:
            self.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._wait_for_disk_again()
            raise

    def begin_snapshot(self) -> None:
        """See `Database.begin_snapshot`."""
        self.execute("BEGIN")

    def take_time(self) -> None:
        """See `Database.take_time`. SQLite waits for whoever has the transaction."""

    def commit(self) -> None:
        """See `Database.commit`."""
        self.execute("COMMIT")
        self._wait_for_disk_again()

    def rollback(self) -> None:
        """See `Database.rollback`. A full disk has ended the transaction already."""
        if self.connection.in_transaction:
            self.execute("ROLLBACK")
        self._wait_for_disk_again()

    def _wait_for_disk_again(self) -> None:
        if self._relaxed:
            self._relaxed = False
            self.execute("PRAGMA synchronous = FULL")

    def explain(self, error: Exception) -> StateError:
        """See `Database.explain`."""
        assert isinstance(error, sqlite3.Error | UnicodeDecodeError)
        return explain(error, self.name)

    def columns(self, table: str) -> list[str]:
        """See `Database.columns`."""
        return [str(row[1]) for row in self.execute(f"PRAGMA table_info({table})")]

    def continue_numbers(self, table: str) -> None:
        """See `Database.continue_numbers`. SQLite does so by itself."""

    def faults(self, most: int) -> Iterator[str]:
        """See `Database.faults`."""
        for row in self.execute(f"PRAGMA integrity_check({most})").fetchall():
            if row[0] != "ok":
                yield f"the file is damaged: {str(row[0]).splitlines()[0]}"
        for table, _, parent, _ in self.execute("PRAGMA foreign_key_check").fetchall():
            yield f"a row of {table} points to a missing row of {parent}"

    def close(self) -> None:
        """See `Database.close`. SQLite tidies its journal away with the last connection."""
        self.connection.close()


@cache
def _of_one_row(write: RowWrite) -> str:
    return write.taking(f"(SELECT {', '.join(f'? AS {name}' for name in write.columns)})")
