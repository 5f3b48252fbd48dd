"""The schema of the queue: procrastinate's tables, and beside them the orders that its jobs are parts of.

One schema serves all libraries of a database. It holds no keys of providers, and nothing in it says what
has been paid for: that is for each library's own state.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

from sorasync.installed import install_command, missing_extra
from sorasync.state.errors import StateError
from sorasync.state.postgres_url import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

QUEUE_SCHEMA = "sorasync_queue"

# Whoever makes or upgrades the schema holds this lock.
_MAKING = 0x736F_7261_7175

_OWN_TABLES = (
    "CREATE TABLE bundles (digest text PRIMARY KEY, files bytea NOT NULL)",
    """CREATE TABLE orders (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        made timestamptz NOT NULL DEFAULT now(),
        schema text NOT NULL,
        owner text NOT NULL,
        bundle text NOT NULL REFERENCES bundles (digest),
        terms jsonb NOT NULL
    )""",
    """CREATE TABLE endings (
        job bigint PRIMARY KEY REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
        message text NOT NULL
    )""",
    """CREATE TABLE runners (
        id uuid PRIMARY KEY,
        queue text NOT NULL,
        "user" text NOT NULL,
        host text NOT NULL,
        pid bigint NOT NULL,
        since timestamptz NOT NULL DEFAULT now(),
        heartbeat timestamptz NOT NULL DEFAULT now()
    )""",
    "CREATE TABLE steps (name text PRIMARY KEY)",
)
# What has changed of our own tables since. Never edited; procrastinate's steps come before, by their names.
_OWN_STEPS = {"sorasync-1-results": "ALTER TABLE endings ADD COLUMN result jsonb"}


def require_queue_packages() -> None:
    """Raises `StateError` where what a queue is made of is not installed."""
    try:
        import procrastinate
        import psycopg
    except ImportError as error:
        raise StateError(missing_extra("a queue", "team"), hint=install_command("team")) from error
    del procrastinate, psycopg


@contextmanager
def queue_connection(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection to the queue of the database that a state is in. Raises `StateError`."""
    require_queue_packages()
    import psycopg

    from sorasync.state.postgres_errors import explain_postgres

    where = parse_url(url, QUEUE_SCHEMA)
    try:
        with psycopg.connect(where.address, autocommit=True, connect_timeout=10) as connection:
            connection.execute(f"SET search_path TO {QUEUE_SCHEMA}")
            yield connection
    except psycopg.Error as error:
        raise explain_postgres(error, where.name.replace(where.schema, QUEUE_SCHEMA)) from error


def queue_exists(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Whether the database has a queue."""
    # Not `to_regclass`: what that remembers may be older than the wait for whoever made the schema meanwhile.
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'steps')",
        (QUEUE_SCHEMA,),
    ).fetchone()
    return row is not None and bool(row[0])


def make_queue(url: str) -> None:
    """Make the schema, or bring procrastinate's tables up to the version that is installed.

    Raises `StateError`.
    """
    with queue_connection(url) as connection:
        wanted = _steps()
        if queue_exists(connection) and not wanted.keys() - _taken(connection):
            return
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            if queue_exists(connection):
                missing = wanted.keys() - _taken(connection)
                statements = [wanted[name] for name in sorted(missing)]
            else:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {QUEUE_SCHEMA}")
                missing, statements = set(wanted), [_whole(), *_OWN_TABLES, *_OWN_STEPS.values()]
            for statement in statements:
                connection.execute(statement.encode())
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO steps VALUES (%s)", [(name,) for name in sorted(missing)])


def versions_apart(connection: psycopg.Connection[tuple[Any, ...]]) -> tuple[int, int]:
    """How many steps this version would take, and how many it does not know."""
    taken, known = _taken(connection), _steps().keys()
    return len(known - taken), len(taken - known)


def _taken(connection: psycopg.Connection[tuple[Any, ...]]) -> set[str]:
    return {str(name) for (name,) in connection.execute("SELECT name FROM steps")}


def _whole() -> str:
    return (resources.files("procrastinate.sql") / "schema.sql").read_text()


def _steps() -> dict[str, str]:
    """Procrastinate's migrations and our own by name. A new schema has taken all of them."""
    found = (resources.files("procrastinate.sql") / "migrations").iterdir()
    return {one.name: one.read_text() for one in found if one.name.endswith(".sql")} | _OWN_STEPS
