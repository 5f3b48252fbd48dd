"""What a session needs of a database: SQLite and PostgreSQL run the same statements.

Statements are written in the SQL that both have. Placeholders are `?` and `:name`, lists of keys are
passed as `json_each(?)`; `user` is quoted, because PostgreSQL reserves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sorasync.state.errors import StateError
    from sorasync.state.row_writes import RowWrite

Parameters = tuple[object, ...] | Mapping[str, object]


class Result(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """The next rows, none at the end."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""


class Database(Protocol):
    """One connection. `name` is how messages call the state, `errors` what its statements raise.

    Where it `writes_alone`, nothing that a transaction has read is changed by another one before it ends.
    """

    name: str
    errors: tuple[type[Exception], ...]
    writes_alone: bool

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction has begun and not ended."""

    @property
    def readonly(self) -> bool:
        """Whether writes are refused."""

    def execute(self, sql: str, parameters: Parameters = ..., /) -> Result:
        """Run one statement."""

    def executemany(self, sql: str, rows: Iterable[tuple[object, ...]], /) -> object:
        """Run one statement for many rows."""

    def write_rows(
        self,
        writes: Sequence[tuple[RowWrite, Sequence[tuple[object, ...]]]],
        check: tuple[str, tuple[object, ...]] | None = None,
        /,
    ) -> None:
        """Write rows of several tables, which do not depend on each other, and run one more statement."""

    def begin(self, *, relaxed: bool) -> None:
        """Begin a transaction that writes, and wait until no other one does.

        A `relaxed` one does not wait for the disk.
        """

    def begin_snapshot(self) -> None:
        """Begin a transaction that only reads, all of it as of one moment."""

    def take_time(self) -> None:
        """Let the current transaction be silent for minutes; otherwise the server soon ends it."""

    def commit(self) -> None:
        """End the transaction; what it wrote is durable when this returns."""

    def rollback(self) -> None:
        """End the transaction as if it had not begun; nothing happens without one."""

    def explain(self, error: Exception) -> StateError:
        """One of `errors` in words for users."""

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in order."""

    def continue_numbers(self, table: str) -> None:
        """Let the next row of a table get a number above all that were written with one."""

    def faults(self, most: int) -> Iterator[str]:
        """What is wrong with the database itself, one sentence each."""

    def close(self) -> None:
        """Close the connection."""


def scrubbed(values: tuple[object, ...]) -> tuple[object, ...]:
    """Replace lone surrogates in text, which JSON allows and UTF-8 does not."""
    return tuple(
        value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in values
    )
