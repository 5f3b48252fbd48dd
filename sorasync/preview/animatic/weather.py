"""Rain, snow, fog and wind over a picture."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import RGB, Planes
from sorasync.preview.animatic.patch import Patch, lay, make_patch

_Numbers = npt.NDArray[np.int32]

_FOG = 0.42
_DAY_FOG: RGB = (206, 212, 216)
_NIGHT_FOG: RGB = (62, 68, 80)
_DUST: RGB = (186, 140, 92)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Marks over a picture of one size: their pixels, how bright and how opaque (0 to 256) each is.

    They move at a speed, in widths and heights a second, and come again at the other edge.
    """

    rows: _Numbers
    columns: _Numbers
    light: _Numbers
    solid: _Numbers
    across: float
    down: float

    def lay(self, picture: Planes, seconds: float) -> None:
        """Draw the marks at a time; only their light counts, since they are grey."""
        rows = (self.rows + round(seconds * self.down * picture.height)) % picture.height
        columns = (self.columns + round(seconds * self.across * picture.width)) % picture.width
        under = picture.y[rows, columns].astype(np.int32)
        picture.y[rows, columns] = under + ((self.light - under) * self.solid >> 8)


@dataclass(frozen=True, slots=True)
class Weather:
    """What moves over every frame, and the fog that lies on it."""

    sheets: tuple[Sheet, ...] = ()
    fog: Patch | None = None

    def fall(self, picture: Planes, seconds: float) -> None:
        """Draw the weather at a time."""
        if self.fog is not None:
            lay(picture, self.fog, 0, 0)
        for sheet in self.sheets:
            sheet.lay(picture, seconds)


def make_weather(kinds: frozenset[str], size: tuple[int, int], night: bool, chance: Random) -> Weather:
    """The weather of a shot for pictures of this size."""
    sheets: list[Sheet] = []
    if kinds & {"rain", "storm"}:
        sheets.append(_sheet(_rain(size, 230 if "storm" in kinds else 150, chance), 0.0, 2.1))
    if "snow" in kinds:
        sheets.append(_sheet(_snow(size, 90, 0.009, chance), 0.05, 0.22))
        sheets.append(_sheet(_snow(size, 60, 0.016, chance), -0.04, 0.34))
    if kinds & {"wind", "storm", "dust"}:
        sheets.append(_sheet(_wind(size, chance), 0.9, 0.0))
    veil = _DUST if "dust" in kinds else _NIGHT_FOG if night else _DAY_FOG
    return Weather(tuple(sheets), _fog(size, veil) if kinds & {"fog", "dust"} else None)


def _sheet(picture: Image.Image, across: float, down: float) -> Sheet:
    pixels = np.asarray(picture).astype(np.int32)
    solid = pixels[..., 3]
    rows, columns = np.nonzero(solid)
    light = 16 + pixels[rows, columns, :3].mean(axis=1) * (219 / 255)
    rows_of, columns_of, lights, solids = (
        mark.astype(np.int32) for mark in (rows, columns, light, solid[rows, columns])
    )
    return Sheet(rows_of, columns_of, lights, solids, across, down)


def _blank(size: tuple[int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGBA", size, (225, 232, 240, 0))
    return picture, ImageDraw.Draw(picture)


def _rain(size: tuple[int, int], drops: int, chance: Random) -> Image.Image:
    picture, draw = _blank(size)
    long = size[1] * 0.075
    for _ in range(drops):
        x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1] - long)
        draw.line(
            (x, y, x - long * 0.18, y + long),
            fill=(214, 226, 240, chance.randrange(90, 170)),
            width=max(1, size[1] // 300),
        )
    return picture


def _snow(size: tuple[int, int], flakes: int, large: float, chance: Random) -> Image.Image:
    picture, draw = _blank(size)
    for _ in range(flakes):
        radius = max(0.8, chance.uniform(0.4, 1.0) * large * min(size) / 2)
        x, y = chance.uniform(radius, size[0] - radius), chance.uniform(radius, size[1] - radius)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(246, 249, 255, 220))
    return picture


def _wind(size: tuple[int, int], chance: Random) -> Image.Image:
    picture, draw = _blank(size)
    for _ in range(9):
        x, y = chance.uniform(0, size[0] * 0.75), chance.uniform(0.08, 0.9) * size[1]
        long = chance.uniform(0.1, 0.22) * size[0]
        draw.arc(
            (x, y, x + long, y + long * 0.16),
            200,
            340,
            fill=(240, 244, 248, 150),
            width=max(1, size[1] // 240),
        )
    return picture


def _fog(size: tuple[int, int], shade: RGB) -> Patch:
    """Thickest in the middle of the picture's height, where it is far."""
    column = Image.new("L", (1, 5))
    for row, share in enumerate((0.7, 0.95, 1.15, 0.95, 0.6)):
        column.putpixel((0, row), round(255 * _FOG * share))
    picture = Image.new("RGBA", size, (*shade, 0))
    picture.putalpha(column.resize(size, Image.Resampling.BILINEAR))
    return make_patch(picture)
