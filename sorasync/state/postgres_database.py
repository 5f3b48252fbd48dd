"""A state in PostgreSQL, by psycopg.

Statements of a transaction are sent without waiting for the answer of the one before (libpq's pipeline mode):
each read waits for one round trip, all writes and the commit together for one more.
"""

from __future__ import annotations

import hashlib
import json
import re
import select
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache, lru_cache
from typing import Any

import psycopg
from psycopg import conninfo, sql
from psycopg.adapt import Dumper

from sorasync.state.database import Parameters, scrubbed
from sorasync.state.errors import StateError
from sorasync.state.postgres_errors import explain_postgres
from sorasync.state.postgres_url import PostgresUrl
from sorasync.state.row_writes import RowWrite

# Seconds without a statement after which the connection is tried before a transaction begins on it.
_IDLE = 30.0

# Unless the URL says otherwise. A server that is gone is noticed within half a minute, not after hours.
_DEFAULTS: dict[str, str | int] = {
    "application_name": "sorasync",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# Seconds that a statement waits for other writers, and that a transaction may be silent. A machine that is
# cut off in the middle of one holds up all others, whose leases must not run out meanwhile.
LOCK_TIMEOUT, IDLE_IN_TRANSACTION = 30.0, 20.0

_DIALECT = re.compile(
    r"\?|(?<![:\w]):[a-z_]+|%|json_each\(\?\)|json_quote|json_extract\((\w+), '\$\.(\w+)'\)"
)


class _Flag(Dumper):
    """Yes and no as 1 and 0, as the tables have them."""

    oid = psycopg.adapters.types["int8"].oid

    def dump(self, obj: object) -> bytes:
        return b"1" if obj else b"0"


class PostgresResult:
    """The rows of a statement; asking for anything waits for the server."""

    __slots__ = ("_cursor", "_database")

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]], database: PostgresDatabase) -> None:
        self._cursor = cursor
        self._database = database

    @property
    def rowcount(self) -> int:
        """See `Result.rowcount`."""
        self._database.sync()
        self._database.waits()
        return self._cursor.rowcount

    def fetchone(self) -> tuple[Any, ...] | None:
        """See `Result.fetchone`."""
        self._database.waits()
        return self._cursor.fetchone()

    def fetchmany(self, size: int, /) -> list[tuple[Any, ...]]:
        """See `Result.fetchmany`."""
        self._database.waits()
        return self._cursor.fetchmany(size)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """See `Result.fetchall`."""
        self._database.waits()
        return self._cursor.fetchall()


class PostgresDatabase:
    """A connection to one schema. See `Database`.

    A connection that was lost is made again for the next transaction or read; the transaction that it was
    lost in has failed.
    """

    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    # See `Database.writes_alone`.
    writes_alone = False

    def __init__(self, url: PostgresUrl, *, readonly: bool) -> None:
        self.name = url.name
        self.schema = url.schema
        self.readonly = readonly
        self.in_transaction = False
        # That of the tables, as they were found.
        self.schema_version = 0
        self.connection = self._connect(url)
        self._url = url
        self._pipeline: psycopg.Pipeline | None = None
        self._leave = ExitStack()
        self._let_go = False
        # What was said, those that begin and end transactions included.
        self.statements = self.round_trips = 0
        self._unanswered = False
        self._used_at = time.monotonic()
        # Writers of one schema wait for each other under this number.
        self._writers = int.from_bytes(hashlib.sha256(url.schema.encode()).digest()[:8], signed=True)

    def _connect(self, url: PostgresUrl) -> psycopg.Connection[tuple[Any, ...]]:
        given = conninfo.conninfo_to_dict(url.address)
        settings = {name: value for name, value in _DEFAULTS.items() if name not in given}
        address = conninfo.make_conninfo(url.address, **settings, client_encoding="utf8")
        connection = psycopg.connect(address, autocommit=True)
        connection.adapters.register_dumper(bool, _Flag)
        path = sql.SQL("SET search_path TO {}; ").format(sql.Identifier(url.schema))
        only = "; SET default_transaction_read_only = on" if self.readonly else ""
        waits = (
            f"SET lock_timeout = {LOCK_TIMEOUT * 1000:.0f}; "
            f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION * 1000:.0f}"
        )
        connection.execute(path + sql.SQL(waits + only))
        return connection

    def execute(self, statement: str, parameters: Parameters = (), /) -> PostgresResult:
        """See `Database.execute`."""
        if not self.in_transaction:
            self._reconnect_if_lost()
        self._used_at = time.monotonic()
        self._unanswered = True
        return PostgresResult(self._run(statement, parameters), self)

    def waits(self) -> None:
        """Count a round trip, if an answer is still to come."""
        self.round_trips += self._unanswered
        self._unanswered = False

    def _run(self, statement: str, parameters: Parameters = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        self.statements += 1
        if not parameters:
            return self.connection.execute(statement)
        text = translate(statement)
        try:
            return self.connection.execute(text, parameters)
        except psycopg.DataError:
            # Refused before it was sent: PostgreSQL's text has no NUL.
            clean = _without_nul(parameters)
            if clean == parameters:
                raise
            return self.connection.execute(text, clean)

    def executemany(self, statement: str, rows: Iterable[tuple[object, ...]], /) -> None:
        """See `Database.executemany`."""
        given = list(rows)
        self.statements += len(given)
        self._unanswered = True
        with self.connection.cursor() as cursor:
            cursor.executemany(translate(statement), given)

    def write_rows(
        self,
        writes: Sequence[tuple[RowWrite, Sequence[tuple[object, ...]]]],
        check: tuple[str, tuple[object, ...]] | None = None,
        /,
    ) -> None:
        """See `Database.write_rows`: all of it is one statement."""
        statement, parameters = check or ("SELECT 1", ())
        parts = [f"w{number} AS ({_of_many_rows(write)})" for number, (write, _) in enumerate(writes)]
        given = [_json(write.columns, rows) for write, rows in writes if write.columns]
        together = f"WITH {', '.join(parts)} {statement}" if parts else statement
        self.execute(together, (*given, *parameters))

    def begin(self, *, relaxed: bool) -> None:
        """See `Database.begin`."""
        self._begin("BEGIN")
        # A statement sees what was committed before it began: writing must not begin while waiting here.
        wait = "SELECT pg_advisory_xact_lock(?)"
        if relaxed:
            wait += ", set_config('synchronous_commit', 'off', true)"
        self._run(wait, (self._writers,))

    def begin_snapshot(self) -> None:
        """See `Database.begin_snapshot`."""
        self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self.take_time()

    def _begin(self, statement: str) -> None:
        self._reconnect_if_lost()
        self._pipeline = self._leave.enter_context(self.connection.pipeline())
        self.in_transaction = True
        self._used_at = time.monotonic()
        self._run(statement)

    def visit(self, schema: str) -> None:
        """Look names up in another schema for the rest of the transaction, or until the next visit."""
        self.statements += 1
        self.connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema)))

    def take_time(self) -> None:
        """See `Database.take_time`."""
        self._run("SET LOCAL idle_in_transaction_session_timeout = '10min'")

    def sync(self) -> None:
        """Wait for the answers of everything that was sent."""
        if self._pipeline is not None:
            self._pipeline.sync()

    def commit(self) -> None:
        """See `Database.commit`."""
        self._run("COMMIT")
        self._leave_pipeline()
        self._unanswered = True
        self.waits()
        self.in_transaction = False
        self._used_at = time.monotonic()

    def rollback(self) -> None:
        """See `Database.rollback`."""
        if not self.in_transaction:
            return
        self.in_transaction = False
        try:
            with suppress(psycopg.Error):
                self._leave_pipeline()
            self.connection.execute("ROLLBACK")
        except psycopg.Error:
            # The server ends the transaction with the connection.
            self.connection.close()

    def _leave_pipeline(self) -> None:
        self._pipeline = None
        self._leave.close()

    def _reconnect_if_lost(self) -> None:
        """Replace a connection that the server, or somebody in between, has closed."""
        if self._let_go:
            raise psycopg.InterfaceError("the connection is closed")
        if not self.connection.closed and self._looks_idle():
            return
        try:
            if not self.connection.closed:
                self.connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self.connection.close()
        if self.connection.closed:
            self.connection = self._connect(self._url)

    def _looks_idle(self) -> bool:
        """Whether nothing speaks against the connection: the server says nothing unasked but goodbye."""
        if time.monotonic() - self._used_at > _IDLE:
            return False
        try:
            readable, _, _ = select.select([self.connection.fileno()], [], [], 0)
        except (OSError, ValueError, psycopg.Error):
            return False
        return not readable

    def explain(self, error: Exception) -> StateError:
        """See `Database.explain`."""
        return explain_postgres(error, self.name)

    def columns(self, table: str) -> list[str]:
        """See `Database.columns`."""
        rows = self.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
            (self.schema, table),
        )
        return [str(row[0]) for row in rows.fetchall()]

    def faults(self, most: int) -> Iterator[str]:
        """See `Database.faults`. The server checks its files and foreign keys itself."""
        yield from ()

    def continue_numbers(self, table: str) -> None:
        """See `Database.continue_numbers`."""
        self.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1), max(id) >= 1) "
            f"FROM {table} HAVING max(id) IS NOT NULL"
        )

    def close(self) -> None:
        """See `Database.close`."""
        self._let_go = True
        self.connection.close()


@lru_cache(maxsize=512)
def translate(statement: str) -> str:
    """A statement with psycopg's placeholders and PostgreSQL's names of functions on JSON."""

    def other(found: re.Match[str]) -> str:
        text = found[0]
        if text == "?":
            return "%s"
        if text == "%":
            return "%%"
        if text.startswith(":"):
            return f"%({text[1:]})s"
        if text == "json_quote":
            return "to_json"
        if text.startswith("json_each"):
            return "jsonb_array_elements_text(%s::jsonb)"
        return f"({found[1]}::json ->> '{found[2]}')"

    return _DIALECT.sub(other, statement)


@cache
def _of_many_rows(write: RowWrite) -> str:
    return write.taking(f"json_populate_recordset(NULL::{write.table}, ?::json)")


def _json(columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """Rows as objects, for PostgreSQL to read: it has no NUL, and no half characters."""
    found = _dumped(columns, rows)
    try:
        found.encode()
    except UnicodeEncodeError:
        rows = list(map(scrubbed, rows))
        found = _dumped(columns, rows)
    if "\\u0000" in found:
        found = _dumped(columns, [tuple(map(_clean, row)) for row in rows])
    return found


def _dumped(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    named = (zip(columns, row, strict=True) for row in rows)
    objects = [{name: value for name, value in row if value is not None} for row in named]
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":"))


def _without_nul(parameters: Parameters) -> Parameters:
    if isinstance(parameters, Mapping):
        return {name: _clean(value) for name, value in parameters.items()}
    return tuple(map(_clean, parameters))


def _clean(value: object) -> object:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
