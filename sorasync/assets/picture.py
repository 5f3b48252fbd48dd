"""Looks at stills from their bytes alone: format, size, and whether the file came whole."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sorasync.assets.file_errors import DamagedFile
from sorasync.assets.sniff import sniff_file
from sorasync.library_file import open_file

_PNG_START = 8
# Segments of a JPEG that say its size: SOF0 to SOF15 without DHT, JPG and DAC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
# Bytes of the end of a JPEG in which its last marker stands; some writers leave a few after it.
_TAIL = 1 << 16
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """`format` is `png`, `webp` or `jpeg`; width and height are in pixels."""

    format: str
    width: int
    height: int

    @property
    def size(self) -> str:
        """Width x height."""
        return f"{self.width}x{self.height}"


def inspect_picture(path: Path) -> PictureFacts:
    """The facts of a PNG, WebP or JPEG. Raises `DamagedFile` for anything else, or one that ends too soon."""
    kind = sniff_file(path)
    look = _LOOKS.get(kind or "")
    if look is None or kind is None:
        what = f"it is {kind}" if kind else "it has an unknown format"
        raise DamagedFile(path, f"{what}, not a PNG, WebP or JPEG picture")
    try:
        with open_file(path, within=None) as file:
            width, height = look(file, path.stat().st_size)
    except (struct.error, _Broken):
        raise DamagedFile(path, f"the {kind} picture is not complete") from None
    if not width or not height:
        raise DamagedFile(path, f"the {kind} picture has no size")
    return PictureFacts(kind, width, height)


def picture_mismatch(path: Path, facts: PictureFacts, size: str | None, tolerance_pct: int) -> str | None:
    """How a still differs from its request, as a clause; None if it matches."""
    asked = _SIZE.fullmatch(size or "")
    if asked is not None:
        pairs = ((facts.width, int(asked[1])), (facts.height, int(asked[2])))
        if any(abs(there - want) > want * tolerance_pct / 100 for there, want in pairs):
            return f"it is {facts.size} instead of {size}"
    return _undecodable(path)


class _Broken(Exception):
    """The bytes end, or say what cannot be."""


def _png(file: BinaryIO, size: int) -> tuple[int, int]:
    at, found = _PNG_START, (0, 0)
    while True:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8))
        if name == b"IHDR":
            found = struct.unpack(">II", file.read(8))
        at += length + 12
        if at > size:
            raise _Broken
        if name == b"IEND":
            return found


def _jpeg(file: BinaryIO, size: int) -> tuple[int, int]:
    file.seek(max(0, size - _TAIL))
    if b"\xff\xd9" not in file.read(_TAIL):
        raise _Broken
    at = 2
    while True:
        file.seek(at)
        start, marker = struct.unpack(">BB", file.read(2))
        if start != 0xFF:
            raise _Broken
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if marker in _FRAMES:
            _, height, width = struct.unpack(">BHH", file.read(5))
            return width, height
        if marker in (0xD9, 0xDA) or length < 2:
            raise _Broken
        at += length + 2


def _webp(file: BinaryIO, size: int) -> tuple[int, int]:
    _, length, _, kind = struct.unpack("<4sI4s4s", file.read(16))
    if length + 8 > size:
        raise _Broken
    file.seek(20)
    if kind == b"VP8X":
        data = file.read(10)
        if len(data) < 10:
            raise _Broken
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L":
        _, bits = struct.unpack("<BI", file.read(5))
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        _, width, height = struct.unpack("<6sHH", file.read(10))
        return width & 0x3FFF, height & 0x3FFF
    raise _Broken


_LOOKS: dict[str, Callable[[BinaryIO, int], tuple[int, int]]] = {"png": _png, "jpeg": _jpeg, "webp": _webp}


def _undecodable(path: Path) -> str | None:
    """Whether it can be decoded, where Pillow is installed."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return None
    try:
        with Image.open(path) as picture:
            picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return "it cannot be decoded"
    return None
