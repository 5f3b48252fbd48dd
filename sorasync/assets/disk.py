"""Hashes files, and locks them against other processes.

Locks are advisory and held by an open file (`flock`), so a killed process leaves none behind. Where the
platform or the file system has no such locks, everything works without them.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.assets.file_errors import DamagedFile, DiskFull, PartBusy
from sorasync.durable import BLOCK, opened_directory
from sorasync.library_file import open_file
from sorasync.text import counted

if TYPE_CHECKING:
    from hashlib import _Hash

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Error numbers that mean that the disk is full.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Error numbers that mean that too many files are open.
NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})


def hash_prefix(path: Path, length: int) -> _Hash:
    """A SHA-256 that has been fed the first `length` bytes. Raises `DamagedFile` where there are fewer."""
    with open_file(path, within=None) as file:
        return hash_next(file.fileno(), path, length)


def hash_next(handle: int, path: Path, length: int) -> _Hash:
    """`hash_prefix` of an open file, from its present position."""
    digest = hashlib.sha256()
    while length:
        block = os.read(handle, min(BLOCK, length))
        if not block:
            raise DamagedFile(path, f"it ends {counted(length, 'byte')} early")
        digest.update(block)
        length -= len(block)
    return digest


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, as hex."""
    with open_file(path, within=None) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked_directory(directory: Path) -> Iterator[int | None]:
    """Let one thread of one process at a time change a directory; the others wait. A descriptor of it."""
    with opened_directory(directory) as handle:
        if fcntl is not None and handle is not None:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield handle
        finally:
            if handle is not None:
                _unlock(handle)


@contextmanager
def exclusive_part(part: Path, *, create: bool) -> Iterator[int]:
    """A descriptor of a part file, locked for reading and writing. Raises `PartBusy`.

    With `create`, a missing file is made, else FileNotFoundError. The name is checked again once the lock
    is held: between opening and locking, another process may have moved the file into the store, and
    writing on would spoil a finished object.
    """
    flags = (
        os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | (os.O_CREAT if create else 0)
    )
    while True:
        handle = _open_writable(part, flags)
        try:
            _lock_now(handle, part)
            if not _still_named(handle, part):
                continue
            yield handle
            return
        finally:
            _let_go(handle)


def _open_writable(part: Path, flags: int) -> int:
    """Open a part; one that a crash left read-only on its way into the store is made writable again."""
    try:
        return os.open(part, flags, 0o644)
    except PermissionError:
        part.chmod(0o644)
        return os.open(part, flags, 0o644)


def _lock_now(handle: int, part: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PartBusy(part) from None
    except OSError:
        return


def _still_named(handle: int, part: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), part.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False


@contextmanager
def common_lock(path: Path) -> Iterator[None]:
    """Hold a lock file, made where there is none, together with others. Waits for who holds it alone."""
    with _locked_file(path, alone=False):
        yield


@contextmanager
def sole_lock(path: Path) -> Iterator[bool]:
    """Hold a lock file alone, without waiting; False where that cannot be. It may be removed meanwhile."""
    with _locked_file(path, alone=True) as held:
        yield held


@contextmanager
def _locked_file(path: Path, *, alone: bool) -> Iterator[bool]:
    """Whether a lock file is locked, for as long as the block lasts.

    The name is checked again once it is: whoever held it alone may have removed the file.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    while True:
        handle = os.open(path, flags, 0o644)
        try:
            held = _flock(handle, alone=alone)
            if held and not _still_named(handle, path):
                continue
            yield held
            return
        finally:
            _let_go(handle)


def _flock(handle: int, *, alone: bool) -> bool:
    """Whether an open file could be locked; one that is shared is waited for."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except OSError:
        return False
    return True


def _let_go(handle: int) -> None:
    """Close a file that may be locked."""
    _unlock(handle)
    os.close(handle)


def _unlock(handle: int) -> None:
    """End the lock of an open file. Closing it may not: a process that was started has a copy of it."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file in one write, so that lines of several processes never mix."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


def write_stream(handle: int, pieces: Iterator[bytes], directory: Path) -> None:
    """Write pieces to an open file. Raises `DiskFull`."""
    try:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(handle, rest) :]
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull(directory, None) from error
        raise


def read_pieces(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of a file in pieces."""
    with open_file(path, within=None) as file:
        while piece := file.read(size):
            yield piece
