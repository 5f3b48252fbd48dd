"""What an apply writes again and again: statements for any number of rows of one table.

A transaction collects such rows and writes them at its end (`Session.put`). In PostgreSQL that is one
statement for all of them, whose parts see the tables as they were before it: none depends on what another
one writes, and no row is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.state.rows import COLUMNS


@dataclass(frozen=True, slots=True, eq=False)
class RowWrite:
    """A statement that takes rows of `table` with these columns, called `n`, where it says `{rows}`.

    The first column says which row is written; in a log (`adds`) each row is a new one.
    """

    table: str
    columns: tuple[str, ...]
    sql: str
    adds: bool = False

    def taking(self, rows: str) -> str:
        """The statement with something to read its rows from."""
        return self.sql.replace("{rows}", f"{rows} AS n")


def _insert(table: str, columns: tuple[str, ...], otherwise: str = "") -> RowWrite:
    values = ", ".join(f"n.{name}" for name in columns)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {{rows}} WHERE true{otherwise}"
    return RowWrite(table, columns, sql)


def upsert(table: str, columns: tuple[str, ...]) -> RowWrite:
    """A statement that puts rows in the place of those with the same first column."""
    setting = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    return _insert(table, columns, f" ON CONFLICT ({columns[0]}) DO UPDATE SET {setting}")


PUT_RECORD = upsert("records", COLUMNS)
PUT_TEXTS = upsert("inputs", ("key", "inputs", "request"))
SET_PROGRESS = RowWrite(
    "records",
    ("key", "progress"),
    "UPDATE records SET progress = n.progress FROM {rows} "
    "WHERE records.key = n.key AND records.progress <> n.progress",
)
# A render that is wanted again is no longer one that others have deleted from the lock file.
UNDROP = RowWrite("dropped", ("key",), "DELETE FROM dropped WHERE key IN (SELECT n.key FROM {rows})")

# Rows in one statement to a server.
_MOST = 2000

# Before PostgreSQL has statistics of a table, it would read all of it here: the limit, which is never met,
# makes it look up each id, and the sum keeps it from going through the ids from their end.
_LATEST = (
    "FROM (SELECT n.*, (SELECT max(a.id + 0) FROM attempts a WHERE a.key = n.key) AS latest "
    f"FROM {{rows}} LIMIT {_MOST}) AS m WHERE attempts.id = m.latest"
)
MARK_UNSENT = RowWrite(
    "attempts",
    ("key",),
    f"UPDATE attempts SET outcome = 'unsent' {_LATEST} AND attempts.outcome IN ('intent', 'unknown')",
)
BEGIN_ATTEMPT = _insert(
    "attempts",
    ("key", "at", "outcome", "run", "address", "provider", "estimate_usd", "seconds", "simulated"),
)
CONTINUE_ATTEMPT = RowWrite(
    "attempts",
    ("key", "outcome", "remote_id", "reported_usd", "rendered_at"),
    "UPDATE attempts SET outcome = m.outcome, remote_id = coalesce(m.remote_id, attempts.remote_id), "
    "reported_usd = coalesce(m.reported_usd, attempts.reported_usd), "
    f"rendered_at = coalesce(m.rendered_at, attempts.rendered_at) {_LATEST}",
)
ADD_ASSET = _insert("assets", ("sha256", "size", "kind", "ext", "of"), " ON CONFLICT (sha256) DO NOTHING")

# An event without data is one of a binding, and is added where that changes. Bindings are written after it.
_KEY = "(SELECT b.key FROM bindings b WHERE b.address = n.address)"
_PROTECT = "(SELECT b.protect FROM bindings b WHERE b.address = n.address)"
ADD_EVENT = RowWrite(
    "events",
    ("at", "what", "run", "address", "key", "data"),
    "INSERT INTO events (at, what, run, address, key, data) SELECT n.at, n.what, n.run, n.address, n.key, "
    "CASE WHEN n.data IS NOT NULL THEN n.data WHEN n.what = 'bound' "
    f"THEN '{{\"before\": ' || coalesce(json_quote({_KEY}), 'null') || '}}' ELSE '{{}}' END "
    "FROM {rows} WHERE n.data IS NOT NULL OR CASE n.what "
    f"WHEN 'bound' THEN coalesce({_KEY}, '') <> n.key "
    f"WHEN 'protected' THEN coalesce({_PROTECT}, 0) = 0 ELSE {_PROTECT} = 1 END",
    adds=True,
)
BIND = upsert("bindings", ("address", "key", "protect"))
RAISE_SERIAL = RowWrite("state", (), "UPDATE state SET serial = serial + 1", adds=True)

_ORDER = (
    PUT_RECORD,
    PUT_TEXTS,
    SET_PROGRESS,
    UNDROP,
    MARK_UNSENT,
    BEGIN_ATTEMPT,
    CONTINUE_ATTEMPT,
    ADD_ASSET,
    ADD_EVENT,
    BIND,
)


class PendingRows:
    """The rows that a transaction is still to write."""

    def __init__(self) -> None:
        self._rows: dict[RowWrite, list[tuple[object, ...]]] = {}
        self._written: set[tuple[str, object]] = set()
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._rows)

    def come_before(self, write: RowWrite, row: tuple[object, ...]) -> bool:
        """Whether they must be written before this one: they are many, or have this row of the table."""
        return self._count >= _MOST or (not write.adds and (write.table, row[0]) in self._written)

    def add(self, write: RowWrite, row: tuple[object, ...]) -> None:
        """Collect a row."""
        self._rows.setdefault(write, []).append(row)
        self._count += 1
        if not write.adds:
            self._written.add((write.table, row[0]))

    def take(self) -> list[tuple[RowWrite, list[tuple[object, ...]]]]:
        """All of them, in the order in which SQLite can write them; none are left."""
        rows = self._rows
        found = [(write, rows.pop(write)) for write in _ORDER if write in rows]
        found += rows.items()
        self.clear()
        return found

    def clear(self) -> None:
        """Forget them."""
        self._rows = {}
        self._written.clear()
        self._count = 0
