"""Opens a state in PostgreSQL: makes its schema, brings it up to date, and refuses what is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sorasync.installed import install_command, missing_extra
from sorasync.state.database import Parameters
from sorasync.state.errors import StateError
from sorasync.state.host_limits import LIMITS_SCHEMA
from sorasync.state.migrations import VERSION
from sorasync.state.postgres_schema import FIRST, MARK, STEPS, in_postgres
from sorasync.state.postgres_url import PostgresUrl, parse_url
from sorasync.state.queue_schema import QUEUE_SCHEMA

if TYPE_CHECKING:
    from sorasync.state.postgres_database import PostgresDatabase

# The oldest server that is tried in tests has 15; nothing that is used is younger than this.
_OLDEST = 130_000


def connect_postgres(url: str, owner: str, *, create: bool, readonly: bool) -> PostgresDatabase | None:
    """The state at a URL; None where there is none and none may be made.

    A read-only one may be of an older version. Raises `StateError` for anything that cannot be used.
    """
    where = parse_url(url, owner)
    if where.schema in (QUEUE_SCHEMA, LIMITS_SCHEMA):
        # The schema of a library that is named like that, too.
        raise StateError(
            f"the schema {where.schema} is for what all libraries share",
            hint="name another one in [state] url: postgresql://…?schema=NAME",
        )
    try:
        import psycopg

        from sorasync.state.postgres_database import PostgresDatabase
    except ImportError as error:
        raise StateError(
            missing_extra("a state in PostgreSQL", "team"), hint=install_command("team")
        ) from error
    from sorasync.state.postgres_errors import explain_postgres

    database = None
    try:
        database = PostgresDatabase(where, readonly=readonly)
        if _prepare(database, where, create=create):
            return database
    except psycopg.Error as error:
        _close(database)
        raise explain_postgres(error, where.name) from error
    except BaseException:
        _close(database)
        raise
    database.close()
    return None


def _close(database: PostgresDatabase | None) -> None:
    if database is not None:
        database.close()


def _prepare(database: PostgresDatabase, where: PostgresUrl, *, create: bool) -> bool:
    """Whether there is a state now, of this version unless it is only read."""
    if database.connection.info.server_version < _OLDEST:
        raise StateError(
            f"{database.name} is PostgreSQL {database.connection.info.server_version // 10_000}; "
            f"the state needs {_OLDEST // 10_000} or later"
        )
    found = database.schema_version = schema_version(database, where.owner)
    if database.readonly:
        return found > 0
    if not found and not create:
        raise StateError(f"there is no state in {database.name}", hint="the first `sorasync apply` makes one")
    if 0 < found < FIRST:
        raise StateError(
            f"the state {database.name} has schema version {found}, which no sorasync wrote",
            hint="restore the database from its backup; nothing was changed",
        )
    if found < VERSION:
        _migrate(database, where)
        database.schema_version = VERSION
    return True


def schema_version(database: PostgresDatabase, owner: str = "") -> int:
    """The version of an open state; 0 where there is none.

    Raises `StateError` for the tables of somebody else, the state of another library, and a later version.
    """
    marked, tables, hidden = _one_row(
        database,
        "SELECT to_regclass('sorasync') IS NOT NULL, "
        "(SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = :schema), "
        "(SELECT NOT has_schema_privilege(oid, 'USAGE') "
        "FROM pg_catalog.pg_namespace WHERE nspname = :schema)",
        {"schema": database.schema},
    )
    if hidden:
        raise StateError(
            f"you have no permission to read {database.name}",
            hint="ask its owner for USAGE on the schema and rights on its tables; see docs/team.md",
        )
    if not marked and tables:
        raise StateError(
            f"{database.name} has tables, but is not a state of sorasync",
            hint="name a schema of its own in [state] url: postgresql://…?schema=NAME",
        )
    if not marked:
        return 0
    version, whose = _one_row(database, "SELECT schema_version, owner FROM sorasync")
    if owner and whose != owner:
        raise StateError(
            f"{database.name} is the state of the library {whose}; this one is {owner}",
            hint="name a schema of its own in [state] url (postgresql://…?schema=NAME); if the library was "
            "renamed, docs/team.md says how the state follows",
        )
    if version > VERSION:
        raise StateError(
            f"the state {database.name} has schema version {version}, written by a later sorasync; "
            f"this one knows versions up to {VERSION}",
            hint="upgrade sorasync; nothing was changed",
        )
    return int(version)


def _migrate(database: PostgresDatabase, where: PostgresUrl) -> None:
    """Apply what is missing, in one transaction: nobody sees a half-made schema."""
    database.begin(relaxed=False)
    try:
        before = schema_version(database, where.owner)
        named = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = ?"
        if not _one_row(database, named, (where.schema,))[0]:
            database.execute(f'CREATE SCHEMA "{where.schema.replace(chr(34), chr(34) * 2)}"')
        if not before:
            database.execute(in_postgres(MARK))
            database.execute("INSERT INTO sorasync VALUES (1, 0, ?)", (where.owner,))
        for statements in STEPS[max(0, before - FIRST + 1) :]:
            for statement in statements:
                database.execute(in_postgres(statement))
        database.execute("UPDATE sorasync SET schema_version = ?", (VERSION,))
        database.commit()
    except BaseException:
        database.rollback()
        raise


def _one_row(database: PostgresDatabase, statement: str, parameters: Parameters = ()) -> tuple[Any, ...]:
    row = database.execute(statement, parameters).fetchone()
    assert row is not None
    return row
