"""Stream a download to disk: constant memory, hashed on the way, resumable."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.assets.disk import FULL, exclusive_part, hash_prefix
from sorasync.assets.file_errors import DamagedFile, DiskFull, TooLarge, WrongLength
from sorasync.durable import BLOCK

if TYPE_CHECKING:
    from hashlib import _Hash


@dataclass(frozen=True, slots=True)
class Received:
    """A complete download: its part, size in bytes and SHA-256. Adopting the part makes it durable."""

    part: Path
    size: int
    sha256: str


async def receive(
    chunks: AsyncIterator[bytes],
    part: Path,
    *,
    offset: int = 0,
    expected_length: int | None = None,
    cap: int,
) -> Received:
    """Write a stream to `part`, from byte `offset` of the file on.

    `offset` is where the first chunk belongs: 0 starts over, anything else keeps that many bytes of the part
    and drops the rest. `expected_length` is the length of the whole file, None where unknown; `cap` the most
    bytes it may have.

    When the stream breaks or ends early, the part is kept for another try and the error passed on
    (`WrongLength` for an early end). Raises `TooLarge` or `WrongLength` for too many bytes and removes the
    part; `DamagedFile` where the part is shorter than `offset`; `DiskFull`; `PartBusy`.
    """
    if expected_length is not None and expected_length > cap:
        raise TooLarge(cap)
    with exclusive_part(part, create=True) as handle:
        try:
            writer = await _open_writer(handle, part, offset, expected_length, cap)
            await _pump(chunks, writer)
            return Received(part, *writer.finish())
        except (TooLarge, WrongLength) as error:
            if isinstance(error, TooLarge) or error.got > error.expected:
                part.unlink(missing_ok=True)
            raise


async def _pump(chunks: AsyncIterator[bytes], writer: _Writer) -> None:
    """Write everything that arrives, including what arrived before the stream broke."""
    try:
        async for chunk in chunks:
            writer.feed(chunk)
    finally:
        writer.flush()


async def _open_writer(handle: int, part: Path, offset: int, expected: int | None, cap: int) -> _Writer:
    """Put the part at `offset` and hash what it keeps."""
    size = os.fstat(handle).st_size
    if offset > size:
        raise DamagedFile(part, f"it has {size:,} bytes where the download resumes at {offset:,}")
    _refuse_when_full(part.parent, offset, expected)
    os.ftruncate(handle, offset)
    os.lseek(handle, offset, os.SEEK_SET)
    digest = await asyncio.to_thread(hash_prefix, part, offset) if offset else hashlib.sha256()
    return _Writer(handle, part.parent, digest, offset, expected, cap)


def _refuse_when_full(directory: Path, offset: int, expected: int | None) -> None:
    """Say so before the transfer, not after it."""
    if expected is not None and expected - offset > shutil.disk_usage(directory).free:
        raise DiskFull(directory, expected - offset)


class _Writer:
    """Collects chunks into blocks, hashes and writes them. Blocks the event loop for one block at a time."""

    def __init__(
        self, handle: int, directory: Path, digest: _Hash, size: int, expected: int | None, cap: int
    ) -> None:
        self._handle = handle
        self._directory = directory
        self._digest = digest
        self._size = size
        self._expected = expected
        self._cap = cap
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the stream, refusing those beyond the cap or the announced length."""
        self._size += len(chunk)
        if self._size > self._cap:
            raise TooLarge(self._cap)
        if self._expected is not None and self._size > self._expected:
            raise WrongLength(self._expected, self._size)
        self._pending += chunk
        if len(self._pending) >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Hash and write what is pending, once: after an error nothing of it is written again."""
        block, self._pending = self._pending, bytearray()
        self._digest.update(block)
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError as error:
            if error.errno in FULL:
                raise DiskFull(self._directory, self._still_needed(len(rest))) from error
            raise

    def finish(self) -> tuple[int, str]:
        """Size and SHA-256 of the file. Raises `WrongLength` if it is shorter than announced."""
        if self._expected is not None and self._size != self._expected:
            raise WrongLength(self._expected, self._size)
        return self._size, self._digest.hexdigest()

    def _still_needed(self, unwritten: int) -> int | None:
        return None if self._expected is None else self._expected - self._size + unwritten
