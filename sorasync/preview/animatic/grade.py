"""Colour changes that an edit asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sorasync.preview.animatic.canvas import Plane, Planes, yuv
from sorasync.preview.animatic.colours import Swatch, brightness
from sorasync.preview.animatic.script import colours_named

# How much of the source's own hue stays under named colours, and under one that only something in the picture
# has: sodium lamps.
_KEPT, _KEPT_BY_ONE = 0.2, 0.6
_OF_ALL = re.compile(r"palette|colou?r|shift|grad|tint|turn|wash|tone|everything|monochrome")


@dataclass(frozen=True, slots=True)
class Grade:
    """What to do to a picture: tables from brightness to brightness and hue; `kept` of its own hue."""

    luma: Plane
    u: Plane
    v: Plane
    kept: float
    colours: tuple[Swatch, ...]

    def apply(self, canvas: Planes) -> None:
        """Change the picture in place."""
        if self.kept < 1:
            small = Image.fromarray(np.ascontiguousarray(canvas.y[::2, ::2]))
            for plane, table in ((canvas.u, self.u), (canvas.v, self.v)):
                hue = small.point(table.tolist())
                plane[:] = np.asarray(Image.blend(hue, Image.fromarray(plane), self.kept))
        canvas.y[:] = np.asarray(Image.fromarray(canvas.y).point(self.luma.tolist()))


def palette_grade(colours: tuple[Swatch, ...], kept: float) -> Grade:
    """The grade of a palette: it moves hues and leaves the light alone; `kept` of each hue stays."""
    hues = sorted((colour.rgb for colour in colours), key=brightness)
    level = np.arange(256).astype(np.uint8)
    return Grade(level, *_hue_tables([yuv(hue) for hue in hues] or [(128, 128, 128)]), kept, colours)


def read_grade(prompt: str) -> Grade:
    """The grade an edit's words ask for; words that name no colour or light leave the picture alone."""
    text = prompt[:8000].lower()
    named = colours_named(text)
    of_one = len(named) == 1 and not _OF_ALL.search(text)
    kept = (_KEPT_BY_ONE if of_one else _KEPT) if named else 1.0
    hues = sorted((colour.rgb for colour in named), key=brightness)
    if re.search(r"black[- ]and[- ]white|monochrome|b&w|grayscale|greyscale|desaturat", text):
        hues, kept = [(128, 128, 128)], 0.0
    elif not hues and (tint := _tint(text)) is not None:
        hues, kept = [tint], 0.55
    tables = _hue_tables([yuv(hue) for hue in hues] or [(128, 128, 128)])
    return Grade(_luma_table(text), *tables, kept, named)


def _tint(text: str) -> tuple[int, int, int] | None:
    if re.search(r"warm|sunset|golden|dawn|candle|autumn|summer", text):
        return 240, 150, 60
    if re.search(r"cool|cold|blue hour|rain|winter|dusk|moon|\bnight", text):
        return 70, 120, 210
    return None


def _luma_table(text: str) -> Plane:
    levels = np.linspace(0, 1, 220)
    if re.search(r"brighter|bright\b|daylight|sunny|noon|lighter|dawn", text):
        levels = levels**0.7
    elif re.search(r"\bnight|midnight", text):
        levels *= 0.38
    elif re.search(r"darker|dark\b|dim|dusk|evening", text):
        levels *= 0.62
    table = np.concatenate([np.full(16, 16.0), 16 + 219 * levels, np.full(20, 235.0)])
    return np.round(table).astype(np.uint8)


def _hue_tables(hues: list[tuple[int, int, int]]) -> tuple[Plane, Plane]:
    """Shadows take the darkest colour's hue, lights the brightest's, with those between in turn."""
    places = np.linspace(50, 190, len(hues)) if len(hues) > 1 else np.array([120.0])
    levels = np.arange(256.0)
    u = np.interp(levels, places, [float(hue[1]) for hue in hues])
    v = np.interp(levels, places, [float(hue[2]) for hue in hues])
    strength = np.interp(levels, [18, 36, 72, 180, 215], [0, 0.2, 1, 1, 0.15])
    return tuple(np.round(128 + (table - 128) * strength).astype(np.uint8) for table in (u, v))
