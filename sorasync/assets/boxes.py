"""The box structure of ISO base media files (ISO/IEC 14496-12, section 4.2), by seeking.

A box is a 32-bit size that counts its own header, a four-character type and a payload. Size 1 means that a
64-bit size follows the type, size 0 that the box runs to the end of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sorasync.assets.file_errors import DamagedFile

# Bounds the work on a hostile file; an hour in half-second fragments has some 14,400 boxes.
MAX_BOXES = 200_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: the offsets in the file of the box, of its payload and of its end."""

    kind: str
    start: int
    payload: int
    end: int

    @property
    def payload_size(self) -> int:
        """Bytes after the header."""
        return self.end - self.payload


class BoxReader:
    """Walks the boxes of an open file. Raises `DamagedFile` for a box that does not fit."""

    def __init__(self, file: BinaryIO, path: Path, size: int) -> None:
        self.size = size
        self._file = file
        self._path = path
        self._seen = 0

    def top(self) -> Iterator[Box]:
        """The boxes of the file itself, in order; together they fill it exactly."""
        if opening := self._text():
            raise self.damaged(f"it is text, which begins with `{opening}`")
        return self._walk(0, self.size, "the file")

    def children(self, parent: Box) -> Iterator[Box]:
        """The boxes in the payload of a container box."""
        return self._walk(parent.payload, parent.end, f"its {parent.kind} box")

    def read(self, box: Box, offset: int, length: int) -> bytes:
        """Some bytes of a payload. Raises `DamagedFile` where the box is too short for them."""
        if box.payload + offset + length > box.end:
            raise self.damaged(f"its {box.kind} box is too short")
        return self._bytes(box.payload + offset, length)

    def damaged(self, fault: str) -> DamagedFile:
        """The error for a fault of this file."""
        return DamagedFile(self._path, fault)

    def _walk(self, start: int, end: int, where: str) -> Iterator[Box]:
        while start < end:
            self._seen += 1
            if self._seen > MAX_BOXES:
                raise self.damaged(f"it has more than {MAX_BOXES:,} boxes")
            box = self._box(start, end, where)
            yield box
            start = box.end

    def _box(self, start: int, end: int, where: str) -> Box:
        if end - start < 8:
            raise self.damaged(f"{end - start} stray bytes end {where}")
        header = self._bytes(start, 8)
        size, kind = int.from_bytes(header[:4], "big"), header[4:]
        payload = start + 8
        if not _is_type(kind):
            raise self.damaged(f"no box starts at byte {start:,} of {self.size:,}")
        if size == 1:
            if end - start < 16:
                raise self.damaged(f"it is cut off at byte {self.size:,}")
            size, payload = int.from_bytes(self._bytes(start + 8, 8), "big"), start + 16
        elif size == 0 and end == self.size:
            size = end - start
        name = kind.decode("latin-1")
        if size < payload - start:
            raise self.damaged(f"its {name} box at byte {start:,} has the impossible size {size}")
        if size > end - start:
            raise self.damaged(
                f"its {name} box at byte {start:,} claims {size:,} bytes, {where} has {end - start:,} left"
            )
        return Box(name, start, payload, start + size)

    def _text(self) -> str:
        """The opening of a file that is a text: no box is so large that its size is written in letters."""
        opening = self._bytes(0, min(self.size, 40))
        return opening.decode("ascii") if all(0x20 <= byte < 0x7F for byte in opening) else ""

    def _bytes(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        data = self._file.read(length)
        if len(data) < length:
            raise self.damaged("it became shorter while it was read")
        return data


def _is_type(kind: bytes) -> bool:
    """Types are printable; a few old ones begin with the copyright sign of Latin-1."""
    return all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind)
