"""One connection, its transactions and its serial."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any

from sorasync.clock import Clock
from sorasync.state.errors import StateError, explain, explained


class Session:
    """Runs the store's statements, one transaction at a time, from any thread.

    A transaction holds the session for its thread, so a block must not wait for another one or `await`.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, clock: Clock) -> None:
        self.connection = connection
        self.name = name
        self.clock = clock
        self._lock = threading.RLock()
        self._changed = False
        self._spoiled = False
        self._reading = False

    def rows(
        self, sql: str, parameters: tuple[object, ...] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of a query. Its parameters are a sequence for `?`, a mapping for `:name`."""
        with self._lock:
            try:
                return self.connection.execute(sql, parameters).fetchall()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise explain(error, self.name) from error

    def row(
        self, sql: str, parameters: tuple[object, ...] | Mapping[str, object] = ()
    ) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self._lock:
            try:
                found: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise explain(error, self.name) from error
            return found

    def write(self, sql: str, parameters: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run one statement in the caller's transaction."""
        with self._lock:
            if not self.connection.in_transaction:
                raise StateError("a write outside a transaction: this is a bug in sorasync")
            try:
                return self.connection.execute(sql, parameters)
            except UnicodeEncodeError:
                return self.connection.execute(sql, tuple(map(_scrubbed, parameters)))

    def write_many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """The same statement for many rows."""
        with self._lock:
            self.connection.executemany(sql, rows)

    def changed(self) -> None:
        """Mark this transaction as a change of the state; its commit raises the serial."""
        self._changed = True

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, durable when it returns. A nested block is part of the outer one, whole or not."""
        return _Transaction(self)

    def begin(self) -> bool:
        """Enter a block; whether it is the outermost one."""
        self._lock.acquire()
        try:
            if self._reading:
                raise StateError("a write among reads of one moment: this is a bug in sorasync")
            if self.connection.in_transaction:
                return False
            self.connection.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            self._lock.release()
            if isinstance(error, sqlite3.Error | UnicodeDecodeError):
                raise explain(error, self.name) from error
            raise
        self._changed = self._spoiled = False
        return True

    def end(self, outermost: bool, error: BaseException | None) -> None:
        """Leave a block. A failure in a nested block fails the outer one too, caught or not."""
        try:
            if not outermost:
                self._spoiled = self._spoiled or error is not None
            elif error is None:
                self._commit()
            else:
                self._undo()
        except (sqlite3.Error, UnicodeDecodeError) as failed:
            raise explain(failed, self.name) from failed
        finally:
            self._lock.release()
        if outermost and isinstance(error, sqlite3.Error | UnicodeDecodeError):
            raise explain(error, self.name) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in the block from one snapshot. Nothing may be written in it."""
        with self._lock, explained(self.name):
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN")
            self._reading = True
            try:
                yield
            finally:
                self._reading = False
                if self.connection.in_transaction:
                    self.connection.execute("COMMIT")

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """A transaction that may be lost in a power cut: it does not wait for the disk."""
        with self._lock, explained(self.name):
            if self.connection.in_transaction:
                with self.transaction():
                    yield
                return
            self.connection.execute("PRAGMA synchronous = NORMAL")
            try:
                with self.transaction():
                    yield
            finally:
                self.connection.execute("PRAGMA synchronous = FULL")

    def _commit(self) -> None:
        try:
            if self._spoiled:
                raise StateError("a part of this transaction failed: this is a bug in sorasync")
            if self._changed:
                self.connection.execute("UPDATE state SET serial = serial + 1")
            self.connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        """Roll back, unless a full disk has ended the transaction already."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection; SQLite tidies its journal away with the last one."""
        with self._lock:
            self.connection.close()


class _Transaction:
    """A block of a session. A class instead of `contextmanager`, because every write goes through several."""

    __slots__ = ("_outermost", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> None:
        self._outermost = self._session.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.end(self._outermost, error)


def _scrubbed(value: object) -> object:
    """Replace lone surrogates, which JSON allows and UTF-8 does not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
