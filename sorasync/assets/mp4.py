"""Checks that a file is a complete MP4 video, and reads its length and size, without decoding it.

Only the structure is looked at, in constant memory: a file that passes is complete, not necessarily
pretty. Box layouts: ISO/IEC 14496-12, section 8.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from sorasync.assets.boxes import Box, BoxReader
from sorasync.assets.file_errors import DamagedFile
from sorasync.library_file import open_file

# Bytes of a list of sample entries before the first, and of a video's entry before its boxes.
_ENTRIES, _VISUAL = 8, 78


@dataclass(frozen=True, slots=True)
class Mp4Facts:
    """What the headers say. `duration_seconds` is 0 where they do not; width and height are in pixels, of the
    first video track, 0 where unknown; players show it `quarter_turned` where its matrix says so.
    `fast_start`: playable before it is completely loaded. `transfer` is the code point of the
    transfer function (ISO/IEC 23091-2), 0 if the headers do not say.
    """

    duration_seconds: float
    width: int
    height: int
    size: int
    video_tracks: int
    audio_tracks: int
    fragmented: bool
    fast_start: bool
    quarter_turned: bool = False
    transfer: int = 0

    @property
    def hdr(self) -> str | None:
        """PQ or HLG if the headers say that it is HDR, else None."""
        return HDR.get(self.transfer)


# The transfer functions of high dynamic range, by their code points.
HDR = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True, slots=True)
class _Track:
    handler: str
    width: int
    height: int
    quarter_turned: bool
    seconds: float
    transfer: int


def inspect_mp4(path: Path) -> Mp4Facts:
    """Check a file's structure. Raises `DamagedFile`, and OSError where it cannot be read."""
    with open_file(path, within=None) as file:
        return inspect_opened_mp4(file, path)


def inspect_opened_mp4(file: BinaryIO, path: Path) -> Mp4Facts:
    """`inspect_mp4` of an open file; `path` is what errors call it."""
    return _inspect(BoxReader(file, path, os.fstat(file.fileno()).st_size))


def _inspect(reader: BoxReader) -> Mp4Facts:
    first, moov, fragmented = _top_level(reader)
    duration, tracks = _movie(reader, moov)
    videos = [track for track in tracks if track.handler == "vide"]
    if not videos:
        raise reader.damaged("it has no video track")
    return Mp4Facts(
        duration_seconds=duration or videos[0].seconds,
        width=videos[0].width,
        height=videos[0].height,
        size=reader.size,
        video_tracks=len(videos),
        audio_tracks=sum(track.handler == "soun" for track in tracks),
        fragmented=fragmented,
        fast_start=moov.start < first,
        quarter_turned=videos[0].quarter_turned,
        transfer=videos[0].transfer,
    )


def _top_level(reader: BoxReader) -> tuple[int, Box, bool]:
    """Where the first media data starts, the movie box, and whether there are fragments."""
    moov, first_data, data_bytes, fragmented = None, None, 0, False
    for box in reader.top():
        if box.start == 0 and box.kind != "ftyp":
            raise reader.damaged(f"it begins with a {box.kind!r} box, not with ftyp")
        if box.kind == "moov":
            if moov is not None:
                raise reader.damaged("it has two moov boxes")
            moov = box
        elif box.kind == "mdat":
            first_data = box.start if first_data is None else first_data
            data_bytes += box.payload_size
        fragmented = fragmented or box.kind == "moof"
    if not reader.size:
        raise reader.damaged("it is empty")
    if moov is None:
        raise reader.damaged("it has no moov box")
    if first_data is None or not data_bytes:
        raise reader.damaged("it has no media data")
    return first_data, moov, fragmented


def _movie(reader: BoxReader, moov: Box) -> tuple[float, list[_Track]]:
    """Length in seconds and the tracks."""
    header, extends, tracks = None, None, []
    for box in reader.children(moov):
        if box.kind == "mvhd":
            header = box
        elif box.kind == "mvex":
            extends = box
        elif box.kind == "trak":
            tracks.append(_track(reader, box))
    if header is None:
        raise reader.damaged("it has no mvhd box")
    scale, length = _movie_header(reader, header)
    if not length and extends is not None:
        length = _fragment_length(reader, extends)
    return length / scale, tracks


def _movie_header(reader: BoxReader, box: Box) -> tuple[int, int]:
    """Ticks a second and length in ticks; a length of all ones means unknown and is given as 0."""
    wide = _version(reader, box) == 1
    scale = _read_number(reader, box, 20 if wide else 12, 4)
    if not scale:
        raise reader.damaged("its mvhd box has a time scale of 0")
    return scale, _ticks(reader, box, 24 if wide else 16, 8 if wide else 4)


def _fragment_length(reader: BoxReader, mvex: Box) -> int:
    for box in reader.children(mvex):
        if box.kind == "mehd":
            return _ticks(reader, box, 4, 8 if _version(reader, box) == 1 else 4)
    return 0


def _track(reader: BoxReader, trak: Box) -> _Track:
    width, height, handler, turned, seconds, transfer = 0, 0, "", False, 0.0, 0
    for box in reader.children(trak):
        if box.kind == "tkhd":
            # 16.16 fixed point: the whole pixels are the upper two of four bytes.
            at = 88 if _version(reader, box) == 1 else 76
            width, height = _read_number(reader, box, at, 2), _read_number(reader, box, at + 4, 2)
            turned = not _read_number(reader, box, at - 36, 4) and bool(_read_number(reader, box, at - 32, 4))
        elif box.kind == "mdia":
            handler, seconds = _media(reader, box)
            transfer = _transfer(reader, box) if handler == "vide" else 0
    return _Track(handler, width, height, turned, seconds, transfer)


def _transfer(reader: BoxReader, mdia: Box) -> int:
    """The transfer function in the first sample entry. Damage there does not make the file damaged."""
    try:
        return _colour(reader, mdia)
    except DamagedFile:
        return 0


def _colour(reader: BoxReader, mdia: Box) -> int:
    inner = mdia
    for kind in ("minf", "stbl", "stsd"):
        found = next((box for box in reader.children(inner) if box.kind == kind), None)
        if found is None:
            return 0
        inner = found
    entries = replace(inner, payload=inner.payload + _ENTRIES)
    entry = next(iter(reader.children(entries)), None)
    if entry is None or entry.payload_size <= _VISUAL:
        return 0
    for box in reader.children(replace(entry, payload=entry.payload + _VISUAL)):
        if box.kind == "colr" and reader.read(box, 0, 4) in (b"nclx", b"nclc"):
            return _read_number(reader, box, 6, 2)
    return 0


def _media(reader: BoxReader, mdia: Box) -> tuple[str, float]:
    """A track's kind and its length in seconds, 0 if its header does not say."""
    handler, seconds = "", 0.0
    for box in reader.children(mdia):
        if box.kind == "hdlr":
            handler = reader.read(box, 8, 4).decode("latin-1")
        elif box.kind == "mdhd":
            wide = _version(reader, box) == 1
            scale = _read_number(reader, box, 20 if wide else 12, 4)
            ticks = _ticks(reader, box, 24 if wide else 16, 8 if wide else 4)
            seconds = ticks / scale if scale else 0.0
    return handler, seconds


def _version(reader: BoxReader, box: Box) -> int:
    return _read_number(reader, box, 0, 1)


def _read_number(reader: BoxReader, box: Box, offset: int, length: int) -> int:
    return int.from_bytes(reader.read(box, offset, length), "big")


def _ticks(reader: BoxReader, box: Box, offset: int, length: int) -> int:
    value = _read_number(reader, box, offset, length)
    return 0 if value == (1 << 8 * length) - 1 else value
