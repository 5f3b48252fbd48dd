"""One connection, its transactions and its serial."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any

from sorasync.clock import Clock
from sorasync.state.account import Spent
from sorasync.state.copy_tables import copy_tables
from sorasync.state.database import Database, Parameters, Result, scrubbed
from sorasync.state.errors import StateError
from sorasync.state.record import Record
from sorasync.state.row_writes import RAISE_SERIAL, PendingRows, RowWrite
from sorasync.state.sqlite_database import SqliteDatabase

# Rows that are in memory at a time where a table is read whole.
_ROWS_AT_A_TIME = 10_000


class Session:
    """Runs the store's statements, one transaction at a time, from any thread.

    A transaction holds the session for its thread, so a block must not wait for another one or `await`.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._lock = threading.RLock()
        self._changed = False
        self._spoiled = False
        self._reading = False
        # The number of the apply that this session belongs to, None where it has the state to itself.
        # With it, a transaction is refused whose keys are leased by others.
        self.fence: int | None = None
        # The keys that it has leased.
        self.leased: frozenset[str] = frozenset()
        # Records that nobody else changes (see `keeps`), as they are now; None where there is none.
        self.own_records: dict[str, Record | None] = {}
        # Which of them were never tried.
        self.untried: set[str] = set()
        self._touched: set[str] = set()
        self._pending = PendingRows()
        # What was spent since a time (at one host), as far as this transaction has asked.
        self.spent_so_far: dict[tuple[float, str | None], Spent] = {}

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. Its parameters are a sequence for `?`, a mapping for `:name`."""
        with self._lock:
            try:
                self._write_pending()
                return self.database.execute(sql, parameters).fetchall()
            except self.database.errors as error:
                raise self.database.explain(error) from error

    def stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """All rows of a query, some at a time; nothing else may be asked until the last has been taken."""
        with self._lock, self._explained():
            self._write_pending()
            found = self.database.execute(sql)
            while rows := found.fetchmany(_ROWS_AT_A_TIME):
                yield from rows

    def row(self, sql: str, parameters: Parameters = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self._lock:
            try:
                self._write_pending()
                found: tuple[Any, ...] | None = self.database.execute(sql, parameters).fetchone()
            except self.database.errors as error:
                raise self.database.explain(error) from error
            return found

    def faults(self, most: int) -> list[str]:
        """What is wrong with the database itself, one sentence each."""
        with self._lock, self._explained():
            return list(self.database.faults(most))

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in order."""
        with self._lock, self._explained():
            return self.database.columns(table)

    def copy_to(self, target: SqliteDatabase) -> None:
        """Copy the whole state into an empty one of this version."""
        with self._lock, self._explained():
            if isinstance(self.database, SqliteDatabase):
                self.database.connection.backup(target.connection)
                return
            with self.snapshot():
                target.begin(relaxed=True)
                copy_tables(self.database, target)
                target.commit()

    def write(self, sql: str, parameters: tuple[object, ...] = ()) -> Result:
        """Run one statement in the caller's transaction."""
        with self._lock:
            self._require_transaction()
            self._write_pending()
            self.spent_so_far.clear()
            try:
                return self.database.execute(sql, parameters)
            except UnicodeEncodeError:
                return self.database.execute(sql, scrubbed(parameters))

    def write_many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """The same statement for many rows."""
        with self._lock:
            self._write_pending()
            self.database.executemany(sql, rows)

    def put(self, write: RowWrite, row: tuple[object, ...]) -> None:
        """Write a row in the caller's transaction: at its end, or before anything else is read or written."""
        with self._lock:
            self._require_transaction()
            if self._pending.come_before(write, row):
                self._write_pending()
            self._pending.add(write, row)

    def _write_pending(self) -> None:
        if self._pending:
            self.database.write_rows(self._pending.take())

    def _require_transaction(self) -> None:
        if not self.database.in_transaction:
            raise StateError("a write outside a transaction: this is a bug in sorasync")

    def keeps(self, key: str) -> bool:
        """Whether nobody else changes the record of a key: it is leased, or no other transaction writes."""
        return key in self.leased or (self.database.writes_alone and self.database.in_transaction)

    def touch(self, key: str) -> None:
        """Say whose record this transaction changes; see `fence`."""
        if self.fence is not None:
            self._touched.add(key)
            self.untried.discard(key)

    def changed(self) -> None:
        """Mark this transaction as a change of the state; its commit raises the serial."""
        self._changed = True

    @property
    def has_changed(self) -> bool:
        """Whether this transaction is known to change the state."""
        return self._changed

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, durable when it returns. A nested block is part of the outer one, whole or not."""
        return _Transaction(self)

    def relaxed(self) -> AbstractContextManager[None]:
        """A transaction that may be lost in a power cut: it does not wait for the disk."""
        return _Transaction(self, relaxed=True)

    def begin(self, *, relaxed: bool = False) -> bool:
        """Enter a block; whether it is the outermost one."""
        self._lock.acquire()
        try:
            if self._reading:
                raise StateError("a write among reads of one moment: this is a bug in sorasync")
            if self.database.in_transaction:
                return False
            self.database.begin(relaxed=relaxed)
        except BaseException as error:
            self._lock.release()
            if isinstance(error, self.database.errors):
                raise self.database.explain(error) from error
            raise
        self._changed = self._spoiled = False
        self._touched.clear()
        self._pending.clear()
        self.spent_so_far.clear()
        return True

    def end(self, outermost: bool, error: BaseException | None) -> None:
        """Leave a block. A failure in a nested block fails the outer one too, caught or not."""
        try:
            if not outermost:
                self._spoiled = self._spoiled or error is not None
            elif error is None:
                self._commit()
            else:
                self._roll_back()
        except self.database.errors as failed:
            raise self.database.explain(failed) from failed
        finally:
            if outermost:
                self._forget_what_others_may_change()
            self._lock.release()
        if outermost and isinstance(error, self.database.errors):
            raise self.database.explain(error) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in the block from one snapshot. Nothing may be written in it."""
        with self._lock, self._explained():
            if self.database.in_transaction:
                yield
                return
            self.database.begin_snapshot()
            self._reading = True
            try:
                yield
            finally:
                self._reading = False
                self._forget_what_others_may_change()
                self.database.rollback()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self.database.errors as error:
            raise self.database.explain(error) from error

    def _commit(self) -> None:
        try:
            if self._spoiled:
                raise StateError("part of this transaction failed: this is a bug in sorasync")
            if self._changed:
                self._pending.add(RAISE_SERIAL, ())
            if self._touched:
                leases = (self.fence, json.dumps(sorted(self._touched)))
                self.database.write_rows(self._pending.take(), ("SELECT require_leases(?, ?)", leases))
            else:
                self._write_pending()
            self.database.commit()
        except BaseException:
            self._roll_back()
            raise

    def _forget_what_others_may_change(self) -> None:
        if self.database.writes_alone:
            self.own_records.clear()

    def _roll_back(self) -> None:
        self._pending.clear()
        self.own_records.clear()
        self.database.rollback()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self.database.close()


class _Transaction:
    """A block of a session. A class instead of `contextmanager`, because every write goes through several."""

    __slots__ = ("_outermost", "_relaxed", "_session")

    def __init__(self, session: Session, *, relaxed: bool = False) -> None:
        self._session = session
        self._relaxed = relaxed

    def __enter__(self) -> None:
        self._outermost = self._session.begin(relaxed=self._relaxed)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.end(self._outermost, error)
