"""One directory of the store, locked while objects and notes are put into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sorasync.assets.disk import (
    exclusive_part,
    hash_file,
    hash_next,
    locked_directory,
)
from sorasync.assets.file_errors import DamagedFile
from sorasync.durable import make_directory, put_whole

# Digits of the digest that every object's name begins with.
DIGEST = 64


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored object. `new` is False if an intact copy was already there."""

    sha256: str
    path: Path
    size: int
    new: bool


class Shard:
    """What is put here is durable once the shelf is let go: the directory is synced once for all of it."""

    def __init__(self) -> None:
        self.touched = False

    def adopt(self, part: Path, target: Path, *, hashed: bool) -> Stored:
        """Move a finished part to its place, read-only; see `AssetStore.adopt`.

        With `hashed` the bytes must have the digest that the target is named by, else `DamagedFile`.
        """
        try:
            with exclusive_part(part, create=False) as handle:
                return self.adopt_opened(handle, part, target, hashed=hashed)
        except FileNotFoundError:
            if not target.exists():
                raise
            return Stored(target.name[:DIGEST], target, target.stat().st_size, new=False)

    def write(self, target: Path, data: bytes) -> None:
        """Write a file atomically."""
        put_whole(target, data)
        self.touched = True

    def adopt_opened(self, handle: int, part: Path, target: Path, *, hashed: bool) -> Stored:
        """`adopt` a part that is open and locked."""
        size = os.fstat(handle).st_size
        os.lseek(handle, 0, os.SEEK_SET)
        if hashed and hash_next(handle, part, size).hexdigest() != target.name[:DIGEST]:
            raise DamagedFile(part, f"its SHA-256 is not {target.name[:DIGEST]}")
        if hashed and _is_complete(target, size):
            part.unlink()
            return Stored(target.name[:DIGEST], target, size, new=False)
        part.chmod(0o444)
        os.fsync(handle)
        part.replace(target)
        self.touched = True
        return Stored(target.name[:DIGEST], target, size, new=True)


@contextmanager
def held(directory: Path) -> Iterator[Shard]:
    """Lock a directory of the store, creating it if necessary. Others wait."""
    make_directory(directory)
    shelf = Shard()
    with locked_directory(directory) as handle:
        try:
            yield shelf
        finally:
            if shelf.touched and handle is not None:
                os.fsync(handle)


def _is_complete(target: Path, size: int) -> bool:
    """Whether a file is intact; a missing or unreadable one is replaced."""
    try:
        return target.stat().st_size == size and hash_file(target) == target.name[:DIGEST]
    except OSError:
        return False
