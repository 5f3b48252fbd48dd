"""The state: what has been paid for, and which address points to it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from sorasync.clock import Clock, SystemClock
from sorasync.state.asset_rows import Files
from sorasync.state.bindings import Bindings
from sorasync.state.check_rows import CheckRows
from sorasync.state.connect import IN_MEMORY, connect, location, memory
from sorasync.state.migrations import VERSION
from sorasync.state.postgres_url import is_postgres
from sorasync.state.records import Records
from sorasync.state.runs import Runs
from sorasync.state.session import Session
from sorasync.state.sqlite_database import SqliteDatabase


class Store(Records, Bindings, Files, Runs, CheckRows):
    """An open state. Every method that changes something is one transaction, durable when it returns.

    `warnings` are sentences for the user about where the state lies, `notices` about what the lock file
    brought. `path` is None for a state in
    memory. All methods raise `StateError` when the file cannot be read or written; what was committed
    before is safe then, and nothing half-done stays.
    """

    def __init__(self, session: Session, path: Path | None = None, warnings: tuple[str, ...] = ()) -> None:
        super().__init__(session)
        self.path = path
        self._file = _file_identity(path)
        self.warnings = warnings
        self.notices: tuple[str, ...] = ()

    @classmethod
    def open(
        cls,
        url: str,
        root: Path,
        *,
        clock: Clock | None = None,
        create: bool = True,
        readonly: bool = False,
        owner: str = "",
    ) -> Store:
        """Open `sqlite:PATH`, relative to `root`, or `postgresql://HOST/DATABASE`.

        A state that is missing is made if `create`; with `readonly` it is an empty one in memory instead,
        and an existing one is left untouched, whatever schema it has. `owner` is whose state it is, which
        PostgreSQL keeps several of in one database: the library and its environment.
        """
        clock = clock or SystemClock()
        if is_postgres(url):
            return cls._open_postgres(url, owner, clock, create=create, readonly=readonly)
        opened = connect(location(url, root), create=create, readonly=readonly)
        return cls(Session(opened.database, clock), opened.path, opened.warnings)

    @classmethod
    def _open_postgres(cls, url: str, owner: str, clock: Clock, *, create: bool, readonly: bool) -> Store:
        from sorasync.state.postgres_open import connect_postgres

        database = connect_postgres(url, owner, create=create, readonly=readonly)
        if database is None:
            return Store.memory(clock)
        store = cls(Session(database, clock))
        if database.schema_version == VERSION:
            return store
        with store:
            return store.copy_in_memory(readonly=True)

    @classmethod
    def memory(cls, clock: Clock | None = None) -> Store:
        """An empty state in memory."""
        return cls(Session(SqliteDatabase(memory(), IN_MEMORY), clock or SystemClock()))

    def copy_in_memory(self, *, readonly: bool = False) -> Store:
        """A copy of the state in memory: what is written to it is not kept."""
        copy = SqliteDatabase(memory(), IN_MEMORY)
        self.session.copy_to(copy)
        if readonly:
            copy.execute("PRAGMA query_only = ON")
        return Store(Session(copy, self.session.clock), None, self.warnings)

    @property
    def readonly(self) -> bool:
        """Whether writes are refused."""
        return self.session.database.readonly

    @property
    def shared(self) -> bool:
        """Whether the state is on a server that others write to as well."""
        return not isinstance(self.session.database, SqliteDatabase)

    @property
    def replaced(self) -> bool:
        """Whether the file at this state's path was replaced or deleted."""
        return self.path is not None and _file_identity(self.path) != self._file

    @property
    def lineage(self) -> str:
        """The identity that a state keeps for life, through backups, restores and lock files."""
        row = self.session.row("SELECT lineage FROM state")
        assert row is not None
        return str(row[0])

    @property
    def serial(self) -> int:
        """Counts the transactions that changed records, bindings or assets."""
        row = self.session.row("SELECT serial FROM state")
        assert row is not None
        return int(row[0])

    def transaction(self) -> AbstractContextManager[None]:
        """Group writes into one commit, all or nothing. The block must not `await`."""
        return self.session.transaction()

    def relaxed(self) -> AbstractContextManager[None]:
        """As `transaction`, but not waiting for the disk: for what the next run would find out again."""
        return self.session.relaxed()

    def snapshot(self) -> AbstractContextManager[None]:
        """Read several things as of one moment. The block must not `await`."""
        return self.session.snapshot()

    def close(self) -> None:
        """Close the file. A store that is not closed loses nothing."""
        self.session.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _file_identity(path: Path | None) -> tuple[int, int] | None:
    """The identity of a file, to notice another one at the same path; None if there is none."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)
