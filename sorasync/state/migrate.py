"""Brings a state to the schema of this version.

Files go through sqlite-utils' migrations, which also note in the file what was applied and when. Importing
sqlite-utils takes a third of a second, so it happens only when there is something to migrate, never for a
state that is up to date. A state in memory needs no such notes and takes the same statements directly.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sorasync.state.errors import StateError
from sorasync.state.migrations import APPLICATION_ID, MIGRATIONS

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

Steps = tuple[tuple[str, ...], ...]


def version(connection: sqlite3.Connection) -> int:
    """The schema version of an open file; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_strangers(connection: sqlite3.Connection, path: str, known: int = len(MIGRATIONS)) -> None:
    """Raises `StateError` for a foreign database, and for the schema of a later version."""
    found, marked, empty = _looked_at(connection)
    if not marked and not empty:
        raise StateError(
            f"{path} is a SQLite database, but not a state of sorasync",
            hint="point [state] url in sorasync.toml at a file of its own",
        )
    if found > known:
        raise StateError(
            f"the state {path} has schema version {found}, written by a later sorasync; "
            f"this one knows versions up to {known}",
            hint="upgrade sorasync; nothing was changed",
        )


def _looked_at(connection: sqlite3.Connection) -> tuple[int, bool, bool]:
    """The version, whether it is marked as ours, and whether it is empty, in one snapshot.

    Another process may be making the file: a version from before and tables from after would be a stranger's.
    """
    connection.execute("BEGIN")
    try:
        found = version(connection)
        marked = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        tables = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return found, marked, found == 0 and not tables


def migrate(connection: sqlite3.Connection, steps: Steps = MIGRATIONS) -> None:
    """Apply what is missing, each step in a transaction of its own. The connection is in autocommit mode."""
    if version(connection) >= len(steps):
        return
    from sqlite_utils import Database

    database = Database(connection, execute_plugins=False)
    migrations = _registered(steps)
    for position in range(version(connection) + 1, len(steps) + 1):
        _migrate_one(database, migrations, position)


def migrate_in_memory(connection: sqlite3.Connection, steps: Steps = MIGRATIONS) -> None:
    """The same for a state in memory."""
    for position, statements in enumerate(steps[version(connection) :], version(connection) + 1):
        for statement in (*statements, *_marks(position)):
            connection.execute(statement)


def _migrate_one(database: Database, migrations: Migrations, position: int) -> None:
    """One step and its note in one transaction: nobody sees a half-made file."""
    connection = database.conn
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version(connection) < position:
            names = [step.name for step in migrations.pending(database)]
            later = [name for name in names if name > _step_name(position)]
            migrations.apply(database, stop_before=later)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _registered(steps: Steps) -> Migrations:
    from sqlite_utils import Migrations

    migrations = Migrations("sorasync")
    for position, statements in enumerate(steps, 1):

        def run(
            database: Database, statements: tuple[str, ...] = statements, position: int = position
        ) -> None:
            for statement in (*statements, *_marks(position)):
                database.execute(statement)

        migrations(name=_step_name(position))(run)
    return migrations


def _step_name(position: int) -> str:
    return f"{position:04d}"


def _marks(position: int) -> tuple[str, str]:
    return f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {position}"
