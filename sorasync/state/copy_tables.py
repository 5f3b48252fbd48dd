"""Copies a whole state from one database to another, row by row, and compares two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sorasync.state.database import Database
from sorasync.state.errors import StateError

if TYPE_CHECKING:
    from sorasync.state.store import Store

# Every table but the lock, each with the order of its rows. A row comes after the rows that it points to.
TABLES = {
    "state": "id",
    "records": "key",
    "inputs": "key",
    "bindings": "address",
    "dropped": "key",
    "assets": "of IS NOT NULL, sha256",
    "runs": "id",
    "attempts": "id",
    "events": "id",
    "checks": "asset, name, settings",
    "lockfiles": "digest",
}

# Rows in one statement to the server.
_BATCH = 2000


def copy_state(source: Store, target: Store) -> None:
    """Copy everything but the lock into an empty state, which keeps nothing where a row differs.

    Raises `StateError`. The source is left as it is.
    """
    here, there = source.session.database, target.session.database
    with source.snapshot(), target.transaction():
        # Reading and comparing a large state can take minutes between two statements.
        there.take_time()
        refuse_filled(there)
        copy_tables(here, there)
        found = list(differences(here, there))
        if found:
            raise StateError(
                f"the copy in {there.name} differs: {'; '.join(found)}",
                hint="nothing was moved; the state is where it was",
            )


def copy_tables(source: Database, target: Database) -> None:
    """Fill an empty state of this version with all rows of another one, which may be older.

    Both are in transactions of the caller.
    """
    target.execute("DELETE FROM state")
    for table, order in TABLES.items():
        known = set(source.columns(table))
        columns = [column for column in target.columns(table) if column in known]
        if not columns:
            continue
        into = f"INSERT INTO {table} ({quoted(columns)}) VALUES ({', '.join('?' * len(columns))})"
        for rows in _batches(source, f"SELECT {quoted(columns)} FROM {table} ORDER BY {order}"):
            target.executemany(into, rows)
        if "id" in columns and table != "state":
            target.continue_numbers(table)


def differences(one: Database, other: Database) -> Iterator[str]:
    """The tables whose rows differ, one sentence each; both states are of this version."""
    for table, order in TABLES.items():
        columns = quoted(one.columns(table))
        select = f"SELECT {columns} FROM {table} ORDER BY {order}"
        here, there = one.execute(select).fetchall(), other.execute(select).fetchall()
        if len(here) != len(there):
            yield f"{table} has {len(here)} rows here and {len(there)} there"
        elif here != there:
            position = next(i for i, (a, b) in enumerate(zip(here, there, strict=True)) if a != b)
            yield f"{table} differs in row {position + 1} of {len(here)}"


def quoted(columns: list[str]) -> str:
    """The names of columns for a statement."""
    return ", ".join(f'"{column}"' for column in columns)


def _batches(source: Database, select: str) -> Iterator[list[tuple[Any, ...]]]:
    rows = source.execute(select).fetchall()
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def refuse_filled(target: Database) -> None:
    """Raises `StateError` for a state that something was recorded in."""
    for table in ("records", "runs", "attempts", "events"):
        if target.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None:
            raise StateError(
                f"{target.name} contains a state already",
                hint="name an empty one; nothing was changed",
            )
