"""Who is drawing what, when several processes share a data directory.

A process that takes a job writes its owner name into the row and holds an exclusive lock on a small SQLite
file of that name. The lock goes when the process does, however it ends, so that another process can tell a
job being drawn from one left behind. SQLite is used because its locks work on every system.
"""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path


class DrawingOwner:
    """This server's name and lock. The lock is taken when the name is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._name = secrets.token_hex(6)

    @property
    def name(self) -> str:
        """The name to write into rows."""
        if self._connection is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._connection = _open(self._path(self._name))
            self._connection.execute("BEGIN EXCLUSIVE")
        return self._name

    def is_alive(self, name: str) -> bool:
        """Whether the process behind a name still runs. A name that is gone is cleaned away."""
        if name == self._name:
            return True
        path = self._path(name)
        if not path.exists():
            return False
        connection = _open(path)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        path.unlink(missing_ok=True)
        return False

    def close(self) -> None:
        """Give the lock back. Safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._path(self._name).unlink(missing_ok=True)

    def __del__(self) -> None:
        """Give back what nobody gave back."""
        self.close()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
