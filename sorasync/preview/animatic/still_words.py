"""The words of edits on a still, and what lies under them: whoever works on from the picture gets it bare.

A still is one picture of the size that was asked for, so its words have no room beside it. What they cover is
kept in the file itself, as EXIF, which all three formats have.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from sorasync.preview.animatic.note import Box

_DESCRIPTION: Final = 0x010E
_KIND = "sorasync-edits"
# JPEG files have no more room for EXIF.
_MOST_BYTES = 60_000
_QUALITIES = (95, 80, 50)
_MOST_EDITS = 999


@dataclass(frozen=True, slots=True)
class StillWords:
    """The words of all edits of a still of that size, in order, and the pieces that they cover."""

    size: tuple[int, int] = (0, 0)
    edits: tuple[str, ...] = ()
    covered: tuple[tuple[Box, Image.Image], ...] = ()

    def bare(self, picture: Image.Image) -> Image.Image:
        """The picture without the words."""
        found = picture.copy() if self.covered else picture
        for box, piece in reversed(self.covered):
            found.paste(piece, box[:2])
        return found

    def exif(self) -> bytes:
        """What a file keeps of this; without the pieces where they are too many bytes."""
        for quality in _QUALITIES:
            pieces: list[dict[str, object]] = [
                {"box": box, "piece": _packed(piece, quality)} for box, piece in self.covered
            ]
            found = self._as_exif(pieces)
            if len(found) <= _MOST_BYTES:
                return found
        return self._as_exif([])

    def _as_exif(self, pieces: list[dict[str, object]]) -> bytes:
        exif = Image.Exif()
        exif[_DESCRIPTION] = json.dumps(
            {"kind": _KIND, "size": self.size, "edits": self.edits, "covered": pieces}
        )
        return exif.tobytes()


def read_words(picture: Image.Image) -> StillWords:
    """The words on a picture that was drawn here; none on any other."""
    try:
        said = json.loads(str(picture.getexif().get(_DESCRIPTION, "")))
        if not isinstance(said, Mapping) or said.get("kind") != _KIND:
            return StillWords()
        edits = tuple(str(one)[:2000] for one in said["edits"])[:_MOST_EDITS]
        # Whoever has made it larger or cut it has moved the words.
        pieces = said["covered"] if tuple(said["size"]) == picture.size else ()
        return StillWords(picture.size, edits, tuple(_piece(one, picture.size) for one in pieces))
    except (ValueError, TypeError, KeyError, OSError, SyntaxError, binascii.Error, RecursionError):
        return StillWords()


def _packed(piece: Image.Image, quality: int) -> str:
    memory = io.BytesIO()
    piece.save(memory, "WEBP", quality=quality)
    return base64.b64encode(memory.getvalue()).decode("ascii")


def _piece(said: Any, size: tuple[int, int]) -> tuple[Box, Image.Image]:
    """One piece; `ValueError` for one that is not of this picture."""
    left, top, width, height = (int(number) for number in said["box"])
    piece = Image.open(io.BytesIO(base64.b64decode(said["piece"], validate=True)))
    inside = left >= 0 and top >= 0 and left + width <= size[0] and top + height <= size[1]
    if piece.size != (width, height) or not inside:
        raise ValueError("a piece of another picture")
    return (left, top, width, height), piece.convert("RGB")
