"""Whatever a column of the state holds, a command answers in a sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.cli.kit import Film

Films = Callable[[str], Film]
COMMANDS = ("status", "cost --by day", "history", "show clip.a#1")


def _columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite_")
    ]
    return [(table, row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]


# A value, and in how many columns at least it can be written: bytes only fit where the type is not checked.
@pytest.mark.parametrize(
    ("value", "least"), [(None, 10), ("x", 10), (b"\xff", 2), (float("inf"), 10), (2**62, 10), (-5, 10)]
)
def test_no_value_of_a_column_is_called_a_bug(film: Films, value: object, least: int) -> None:
    one = film('[clips.a]\nprompt = "A pier at dusk."\n')
    one.settle()
    state = one.root / "state" / "sorasync.db"
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO locks VALUES (" + _lock(connection) + ")")
        connection.commit()
        columns = _columns(connection)
    whole, tried = state.read_bytes(), 0
    for table, column in columns:
        for more in ("-wal", "-shm"):
            state.with_name(state.name + more).unlink(missing_ok=True)
        state.write_bytes(whole)
        with closing(sqlite3.connect(state)) as connection:
            try:
                changed = connection.execute(f"UPDATE {table} SET {column} = ?", (value,)).rowcount
                connection.commit()
            except sqlite3.Error:
                continue
        if not changed:
            continue
        tried += 1
        for command in (*COMMANDS, "state lock"):
            shown = one.run(*command.split())
            assert "a bug" not in shown.err, (table, column, command, shown.err)
    assert tried >= least


def _lock(connection: sqlite3.Connection) -> str:
    """A row of the table of locks, with something in every column."""
    kinds = [row[2] for row in connection.execute("PRAGMA table_info(locks)")]
    return ", ".join("'x'" if kind == "TEXT" else "1" for kind in kinds)
