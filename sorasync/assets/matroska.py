"""Checks that a WebM or Matroska file is complete, and reads its length and size, without decoding it.

Only the heads of elements are looked at, in constant memory. Element ids: RFC 9559.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.mp4 import Mp4Facts

_HEADER, _DOC_TYPE, _SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
_INFO, _SCALE, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _ENTRY, _KIND, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0x83, 0xE0, 0xB0, 0xBA
_CLUSTER = 0x1F43B675
_COLOUR, _TRANSFER = 0x55B0, 0x55BA
_NANOSECONDS = 1_000_000
# Elements of one parent that are looked at, and bytes of a value that is read.
_MOST, _LARGEST = 100_000, 64


@dataclass(frozen=True, slots=True)
class _Element:
    """An element's id, and where its content begins and ends; `open`: its end is not said."""

    kind: int
    start: int
    end: int
    open: bool = False


def inspect_matroska(file: BinaryIO, path: Path) -> tuple[str, Mp4Facts]:
    """The document's type (`webm`, `matroska`) and its facts; `path` is what errors call the file.

    Raises `DamagedFile` and OSError.
    """
    return _Reader(file, path, file.seek(0, 2)).inspect()


class _Reader:
    def __init__(self, file: BinaryIO, path: Path, size: int) -> None:
        self._file, self._path, self._size = file, path, size

    def inspect(self) -> tuple[str, Mp4Facts]:
        header, segment = self._top()
        kind = next((self._text(one) for one in self._inside(header) if one.kind == _DOC_TYPE), "matroska")
        scale, duration, clusters, tracks = _NANOSECONDS, 0.0, 0, list[tuple[int, int, int, int]]()
        for element in self._inside(segment):
            if element.kind == _INFO:
                for one in self._inside(element):
                    scale = self._number(one) if one.kind == _SCALE else scale
                    duration = self._real(one) if one.kind == _DURATION else duration
            elif element.kind == _TRACKS:
                tracks = [self._track(one) for one in self._inside(element) if one.kind == _ENTRY]
            elif element.kind == _CLUSTER:
                clusters += 1
        videos = [track for track in tracks if track[0] == 1]
        if not videos or not clusters:
            raise self._damaged("it has no video track" if clusters else "it has no media data")
        return kind, Mp4Facts(
            duration_seconds=duration * scale / 1e9,
            width=videos[0][1],
            height=videos[0][2],
            size=self._size,
            video_tracks=len(videos),
            audio_tracks=sum(track[0] == 2 for track in tracks),
            fragmented=not duration,
            fast_start=True,
            transfer=videos[0][3],
        )

    def _top(self) -> tuple[_Element, _Element]:
        elements = self._inside(_Element(0, 0, self._size))
        found = [one for one in elements if one.kind in (_HEADER, _SEGMENT)][:2]
        if [one.kind for one in found] != [_HEADER, _SEGMENT]:
            raise self._damaged("it has no segment")
        return found[0], found[1]

    def _inside(self, parent: _Element) -> Iterator[_Element]:
        """The elements of a parent. Raises `DamagedFile` for one that reaches out of it."""
        at = parent.start
        for _ in range(_MOST):
            if at >= parent.end:
                return
            element = self._element(at, parent.end)
            yield element
            # A cluster whose end is not said ends where nobody can say without reading all of it.
            at = parent.end if element.open else element.end
        raise self._damaged(f"it has more than {_MOST} elements in one place")

    def _element(self, at: int, end: int) -> _Element:
        self._file.seek(at)
        head = self._file.read(12)
        width = _width(head[:1])
        length = _width(head[width : width + 1])
        if not width or not length or len(head) < width + length:
            raise self._damaged(f"there is no element at byte {at}")
        kind = int.from_bytes(head[:width])
        size = int.from_bytes(head[width : width + length]) & ((1 << 7 * length) - 1)
        start = at + width + length
        if size == (1 << 7 * length) - 1:
            return _Element(kind, start, end, open=True)
        if start + size > end:
            raise self._damaged(f"an element at byte {at} ends after the end of the file")
        return _Element(kind, start, start + size)

    def _track(self, entry: _Element) -> tuple[int, int, int, int]:
        """The kind of a track, its width, height and transfer function."""
        kind = wide = high = transfer = 0
        for one in self._inside(entry):
            if one.kind == _KIND:
                kind = self._number(one)
            elif one.kind == _VIDEO:
                sides = {inner.kind: inner for inner in self._inside(one)}
                wide, high = (self._number(sides[side]) if side in sides else 0 for side in (_WIDTH, _HEIGHT))
                if _COLOUR in sides:
                    of_light = [inner for inner in self._inside(sides[_COLOUR]) if inner.kind == _TRANSFER]
                    transfer = self._number(of_light[0]) if of_light else 0
        return kind, wide, high, transfer

    def _content(self, element: _Element) -> bytes:
        self._file.seek(element.start)
        return self._file.read(min(element.end - element.start, _LARGEST))

    def _number(self, element: _Element) -> int:
        return int.from_bytes(self._content(element)[:8])

    def _text(self, element: _Element) -> str:
        return self._content(element).rstrip(b"\0").decode("ascii", "replace")

    def _real(self, element: _Element) -> float:
        content = self._content(element)
        found = (
            struct.unpack(">f" if len(content) == 4 else ">d", content)[0] if len(content) in (4, 8) else 0.0
        )
        return found if 0 <= found < 1e15 else 0.0

    def _damaged(self, fault: str) -> DamagedFile:
        return DamagedFile(self._path, fault)


def _width(first: bytes) -> int:
    """How many bytes a number takes that begins with this one; 0 for none."""
    return 9 - first[0].bit_length() if first and first[0] else 0
