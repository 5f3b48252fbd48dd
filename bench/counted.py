"""What a command reads and writes, which no machine changes: `python -m bench.counted ROOT ARGUMENT …`."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass
class Counts:
    """Files opened for reading, directories listed, SQL statements, and times that the disk is waited for."""

    files: int = 0
    directories: int = 0
    statements: int = 0
    syncs: int = 0


def count(root: Path) -> Counts:
    """Count in this process from now on; files and directories below `root` alone.

    What SQLite opens is not among the files. Each of its transactions that waits for the disk is a sync.
    """
    counts, inside = Counts(), f"{root.resolve()}{os.sep}"
    writes = os.O_WRONLY | os.O_RDWR

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in ("open", "os.listdir", "os.scandir") or not isinstance(arguments[0], str | Path):
            return
        if not f"{Path(arguments[0]).absolute()}{os.sep}".startswith(inside):
            return
        if event != "open":
            counts.directories += 1
        elif not (arguments[2] or 0) & writes:
            counts.files += 1

    sys.addaudithook(heard)
    _count_syncs(counts)
    _count_statements(counts)
    return counts


def _count_syncs(counts: Counts) -> None:
    def counted(sync: Callable[[int], None]) -> Callable[[int], None]:
        def synced(handle: int) -> None:
            counts.syncs += 1
            sync(handle)

        return synced

    os.fsync = counted(os.fsync)


def _count_statements(counts: Counts) -> None:
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        relaxed = False

        def told(statement: str) -> None:
            nonlocal relaxed
            counts.statements += 1
            if statement.startswith("PRAGMA synchronous"):
                relaxed = statement.endswith("NORMAL")
            counts.syncs += statement == "COMMIT" and not relaxed

        connection.set_trace_callback(told)
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]


def main() -> None:
    """Run a command of sorasync on a library; the counts are the last line of the error output.

    With one core it forks no process whose work would not be counted.
    """
    root, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    counts = count(Path(root))
    sys.argv = ["sorasync", "--library", root, *arguments]
    from sorasync.cli.main import main as sorasync

    try:
        sorasync()
    finally:
        sys.stderr.write(f"{json.dumps(asdict(counts))}\n")


if __name__ == "__main__":
    main()
