"""One connection, its transactions and its serial."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sorasync.clock import Clock
from sorasync.state.errors import StateError, explained


class Session:
    """Runs statements for the parts of a store, one transaction at a time, from any thread.

    A transaction holds the session for its thread, so a block must not wait for another one or `await`.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, clock: Clock) -> None:
        self.connection = connection
        self.name = name
        self.clock = clock
        self._lock = threading.RLock()
        self._changed = False
        self._spoiled = False

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, explained(self.name):
            return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self._lock, explained(self.name):
            found: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
            return found

    def write(self, sql: str, parameters: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """One statement of the transaction that the caller has opened."""
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
        """Mark this transaction as one that changes what the state says; its commit raises the serial."""
        self._changed = True

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable when it returns. A nested block is part of the outer one, whole or not."""
        with self._lock:
            if self.connection.in_transaction:
                with self._inner():
                    yield
                return
            with explained(self.name):
                self.connection.execute("BEGIN IMMEDIATE")
                self._changed = self._spoiled = False
                try:
                    yield
                    self._commit()
                except BaseException:
                    self._undo()
                    raise

    @contextmanager
    def _inner(self) -> Iterator[None]:
        """What fails inside a transaction takes all of it along, even if somebody catches the error."""
        try:
            yield
        except BaseException:
            self._spoiled = True
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside the block is of one moment."""
        with self._lock, explained(self.name):
            nested = self.connection.in_transaction
            if not nested:
                self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if not nested and self.connection.in_transaction:
                    self.connection.execute("COMMIT")

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """A transaction that may be lost in a power cut: it does not wait for the disk."""
        with self._lock, explained(self.name):
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("PRAGMA synchronous = NORMAL")
            try:
                with self.transaction():
                    yield
            finally:
                self.connection.execute("PRAGMA synchronous = FULL")

    def _commit(self) -> None:
        if self._spoiled:
            raise StateError("a part of this transaction failed: this is a bug in sorasync")
        if self._changed:
            self.connection.execute("UPDATE state SET serial = serial + 1")
        self.connection.execute("COMMIT")

    def _undo(self) -> None:
        """A full disk may have ended the transaction already."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection; SQLite tidies its journal away with the last one."""
        with self._lock:
            self.connection.close()


def _scrubbed(value: object) -> object:
    """Text without the half characters that a server's JSON may hold and UTF-8 may not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
