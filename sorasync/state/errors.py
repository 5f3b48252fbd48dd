"""What can go wrong with the state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sorasync.errors import SorasyncError
from sorasync.state.record import Status


class StateError(SorasyncError):
    """The state cannot be read or written; what was committed before is safe."""


class DatabaseAway(StateError):
    """The database of the state cannot be reached now; a later try may succeed."""


class LockLost(StateError):
    """Our lock or lease was taken away while we worked: nothing may be sent any more."""


class ForbiddenMove(StateError):
    """A record cannot go from `before` (None: no record) to `after`."""

    def __init__(self, key: str, address: str, before: Status | None, after: Status) -> None:
        self.key, self.address, self.before, self.after = key, address, before, after
        start = "without a record" if before is None else before.value
        super().__init__(f"{address} ({key[:12]}) cannot go from {start} to {after.value}")


WAY_BACK = (
    "`sorasync state restore 1` brings back the latest backup; "
    "`sorasync state recover --anew` rebuilds the state from what is left"
)
_CODES = {
    sqlite3.SQLITE_NOTADB: ("{path} is not a SQLite database", WAY_BACK),
    sqlite3.SQLITE_CORRUPT: ("the state {path} is damaged ({error})", WAY_BACK),
    sqlite3.SQLITE_FULL: (
        "the disk is full: the state {path} cannot be written",
        "nothing of this step was recorded; free some space and run the command again",
    ),
    sqlite3.SQLITE_READONLY: (
        "the state {path} cannot be written: it is read-only",
        "check the permissions of the file and of its directory",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the state {path} cannot be opened",
        "check that the directory exists and that you may write to it",
    ),
    sqlite3.SQLITE_IOERR: (
        "reading or writing the state {path} failed ({error})",
        "check the disk: free space, limits and the file system's health; nothing of this step was recorded",
    ),
    sqlite3.SQLITE_BUSY: (
        "the state {path} stayed busy for 30 seconds: another process is writing to it",
        "try again; `sorasync state lock` shows who holds the lock",
    ),
}


def damaged(what: str) -> StateError:
    """The error of something in the state that cannot be read."""
    return StateError(f"the state is damaged: {what}", hint=WAY_BACK)


def explain(error: sqlite3.Error | UnicodeDecodeError, path: str) -> StateError:
    """The same error in words for users, with a remedy."""
    if isinstance(error, UnicodeDecodeError):
        # SQLite quotes what it found in the file, which may not be text.
        return damaged("it contains bytes that are not text")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    message, hint = _CODES.get(code, ("the state {path} cannot be used ({error})", None))
    return StateError(message.format(path=path, error=error), hint=hint)


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turns SQLite's errors inside the block into `StateError`."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise explain(error, path) from error
