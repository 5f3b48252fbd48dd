"""States in PostgreSQL for the tests of the state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sorasync.clock import Clock
from sorasync.state.copy_tables import TABLES
from sorasync.state.store import Store
from tests.postgres_server import PostgresServer

# Without the triggers that keep the log, and without making new files, as TRUNCATE does.
_EMPTY = "; ".join(
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM {table}" for table in (*TABLES, "locks")),
        *(f"ALTER TABLE {table} ALTER id RESTART" for table in ("runs", "events", "attempts")),
        "INSERT INTO state VALUES (1, replace(gen_random_uuid()::text, '-', ''), 0)",
        "SET session_replication_role = origin",
    ]
)
_OPEN = Store.open


class PostgresStates:
    """Schemas that take the place of files and of states in memory."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._free: list[str] = []
        self._made = 0
        self._files: dict[Path, str] = {}
        self._used: list[str] = []
        self._stores: list[Store] = []

    def open(self, url: str, root: Path, *, clock: Clock | None = None, **options: Any) -> Store:
        """The state in the place of a file."""
        file = root / url.partition(":")[2]
        if file not in self._files:
            self._files[file] = self._schema()
        return self._opened(self._files[file], clock, options)

    def new(self, clock: Clock | None = None) -> Store:
        """An empty state."""
        return self._opened(self._schema(), clock, {})

    def release(self) -> None:
        """Close every state, and use their schemas for the next test."""
        for store in self._stores:
            store.close()
        self._free += self._used
        self._used, self._stores, self._files = [], [], {}

    def _opened(self, schema: str, clock: Clock | None, options: dict[str, Any]) -> Store:
        self._stores.append(_OPEN(self._server.url(schema), Path(), clock=clock, **options))
        return self._stores[-1]

    def _schema(self) -> str:
        if self._free:
            name = self._free.pop()
            with _OPEN(self._server.url(name), Path()) as store:
                store.session.database.execute(_EMPTY)
        else:
            self._made += 1
            name = f"state_{self._made}"
        self._used.append(name)
        return name
