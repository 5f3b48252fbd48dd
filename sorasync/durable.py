"""Files and directories that are still there after a power cut.

A file system may forget everything that was not synced: the bytes of a file until the file is, and a name
(made, moved or removed) until the directory that holds it is.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Bytes read or written at a time.
BLOCK = 1 << 20


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable, where the platform and the file system can."""
    try:
        with opened_directory(directory) as handle:
            if handle is not None:
                os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EINVAL):
            raise


@contextmanager
def opened_directory(directory: Path) -> Iterator[int | None]:
    """A descriptor of a directory; None where the platform has none."""
    if os.name == "nt":
        yield None
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def make_directory(directory: Path) -> None:
    """Make a directory with its parents; each new one is durable on return."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(exist_ok=True)
    sync_directory(directory.parent)


def write_atomic(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Put a file in place whole: nobody ever reads half of it, also after a power cut."""
    put_whole(path, data)
    sync_directory(path.parent)


def put_whole(path: Path, data: bytes | Iterable[bytes], *, sync: bool = True) -> None:
    """As `write_atomic`, for a directory that the caller syncs.

    Without `sync` a power cut may leave anything there: for what is checked when it is read.
    """
    temporary = path.with_name(f".write-{os.urandom(8).hex()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
    try:
        with os.fdopen(handle, "wb", buffering=BLOCK) as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            if sync:
                os.fsync(handle)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
