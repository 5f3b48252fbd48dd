"""Things that a shot's words may name and that a few shapes can show."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PIL import Image

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.sets import Tones

_WHITE: RGB = (255, 252, 246)
_PIXELS = 320
_KEY: RGB = (1, 255, 2)


class Where(Enum):
    """Where a thing belongs in the picture."""

    GROUND = "ground"
    WATER = "water"
    AIR = "air"
    ROPE = "rope"
    HAND = "hand"


def _boat(brush: Brush, tones: Tones) -> None:
    wood = mix(tones.body, tones.dark, 0.55)
    brush.line([(0.52, 0.62), (0.52, 0.08)], 0.022, tones.dark)
    brush.shape([(0.54, 0.12), (0.88, 0.56), (0.54, 0.58)], mix(tones.glow, _WHITE, 0.55))
    brush.shape([(0.5, 0.16), (0.5, 0.57), (0.24, 0.54)], mix(tones.accent, _WHITE, 0.2))
    _hull(brush, wood, mix(tones.accent, _WHITE, 0.25))


def _hull(brush: Brush, wood: RGB, rim: RGB) -> None:
    brush.shape([(0.03, 0.62), (0.97, 0.62), (0.83, 0.88), (0.2, 0.88)], wood)
    brush.shape([(0.02, 0.6), (0.98, 0.6), (0.96, 0.66), (0.045, 0.66)], rim)


def _rowing_boat(brush: Brush, tones: Tones) -> None:
    _hull(brush, mix(mix(tones.accent, (90, 60, 40), 0.6), tones.dark, 0.3), mix(tones.accent, _WHITE, 0.25))
    brush.line([(0.3, 0.64), (0.06, 0.86)], 0.02, mix(tones.glow, tones.dark, 0.35))
    brush.line([(0.72, 0.64), (0.93, 0.86)], 0.02, mix(tones.glow, tones.dark, 0.35))


def _kite(brush: Brush, tones: Tones) -> None:
    brush.line([(0.5, 0.6), (0.42, 0.72), (0.52, 0.82), (0.4, 0.98)], 0.014, tones.dark)
    brush.shape([(0.5, 0.02), (0.78, 0.28), (0.5, 0.62), (0.22, 0.28)], tones.accent)
    brush.shape([(0.5, 0.02), (0.78, 0.28), (0.5, 0.28)], mix(tones.accent, _WHITE, 0.4))
    brush.shape([(0.22, 0.28), (0.5, 0.28), (0.5, 0.62)], mix(tones.accent, tones.dark, 0.3))


def _car(brush: Brush, tones: Tones) -> None:
    paint = mix(tones.accent, tones.body, 0.2)
    brush.shape([(0.24, 0.6), (0.34, 0.42), (0.68, 0.42), (0.8, 0.6)], mix(paint, tones.dark, 0.25))
    brush.shape([(0.29, 0.6), (0.37, 0.46), (0.5, 0.46), (0.5, 0.6)], mix(tones.glow, _WHITE, 0.5))
    brush.shape([(0.53, 0.6), (0.53, 0.46), (0.66, 0.46), (0.74, 0.6)], mix(tones.glow, _WHITE, 0.4))
    brush.box(0.05, 0.58, 0.96, 0.78, paint, 0.06)
    for x in (0.25, 0.76):
        brush.disc(x, 0.79, 0.1, mix(tones.dark, (0, 0, 0), 0.4))
        brush.disc(x, 0.79, 0.045, mix(tones.glow, _WHITE, 0.3))
    brush.disc(0.93, 0.65, 0.03, _WHITE)


def _house(brush: Brush, tones: Tones) -> None:
    wall = mix(tones.glow, tones.body, 0.45)
    brush.box(0.68, 0.12, 0.77, 0.4, mix(tones.body, tones.dark, 0.4))
    brush.box(0.16, 0.42, 0.84, 1, wall)
    brush.shape([(0.06, 0.46), (0.5, 0.1), (0.94, 0.46)], mix(tones.body, tones.dark, 0.5))
    brush.box(0.42, 0.66, 0.58, 1, mix(tones.dark, tones.body, 0.3))
    for left in (0.23, 0.64):
        brush.box(left, 0.56, left + 0.13, 0.72, mix(tones.accent, _WHITE, 0.45))


def _lighthouse(brush: Brush, tones: Tones) -> None:
    light = mix(tones.accent, _WHITE, 0.5)
    beam = mix(light, tones.air, 0.62)
    brush.shape([(0.5, 0.12), (1, 0.0), (1, 0.25)], beam)
    brush.shape([(0.5, 0.12), (0, 0.03), (0, 0.2)], mix(beam, tones.air, 0.35))
    brush.shape(
        [(0.12, 1), (0.3, 0.8), (0.52, 0.76), (0.74, 0.84), (0.92, 1)], mix(tones.dark, tones.body, 0.25)
    )
    wall, band = mix(tones.glow, _WHITE, 0.5), mix(tones.body, tones.dark, 0.25)
    sides = [(0.43, 0.19), (0.57, 0.19), (0.62, 0.84), (0.38, 0.84)]
    brush.shape(sides, wall)
    for top in (0.32, 0.55):
        near, far = (top - 0.19) * 0.077, (top - 0.08) * 0.077
        points = [(0.43 - near, top), (0.57 + near, top), (0.57 + far, top + 0.11), (0.43 - far, top + 0.11)]
        brush.shape(points, band)
    brush.box(0.4, 0.17, 0.6, 0.2, tones.dark)
    brush.box(0.45, 0.08, 0.55, 0.17, light)
    brush.shape([(0.43, 0.08), (0.5, 0.02), (0.57, 0.08)], band)


def _tree(brush: Brush, tones: Tones) -> None:
    leaf = mix(tones.body, tones.accent, 0.2)
    brush.shape([(0.46, 0.5), (0.54, 0.5), (0.57, 1), (0.43, 1)], mix(tones.dark, tones.body, 0.2))
    for x, y, size in ((0.32, 0.42, 0.2), (0.68, 0.42, 0.2), (0.5, 0.24, 0.23), (0.5, 0.45, 0.22)):
        brush.disc(x, y, size, mix(leaf, tones.dark, 0.35))
    for x, y, size in ((0.3, 0.39, 0.15), (0.62, 0.37, 0.15), (0.47, 0.2, 0.17)):
        brush.disc(x, y, size, leaf)


def _lamp(brush: Brush, tones: Tones) -> None:
    light = mix(tones.accent, _WHITE, 0.35)
    brush.line([(0.5, 0), (0.5, 0.34)], 0.014, tones.dark)
    brush.disc(0.5, 0.6, 0.3, mix(light, tones.air, 0.7))
    brush.box(0.34, 0.4, 0.66, 0.84, light, 0.14)
    for top in (0.36, 0.8):
        brush.box(0.4, top, 0.6, top + 0.06, tones.dark)
    brush.box(0.46, 0.44, 0.54, 0.8, mix(light, _WHITE, 0.6), 0.04)


def _door(brush: Brush, tones: Tones) -> None:
    brush.box(0.22, 0.02, 0.78, 1, mix(tones.dark, tones.body, 0.2))
    brush.box(0.27, 0.06, 0.73, 1, mix(tones.body, tones.accent, 0.35))
    for top in (0.12, 0.54):
        brush.box(0.34, top, 0.66, top + 0.32, mix(tones.body, tones.dark, 0.25), 0.02)
    brush.disc(0.68, 0.51, 0.025, mix(tones.glow, _WHITE, 0.5))


def _letter(brush: Brush, tones: Tones) -> None:
    page, ink = mix(tones.glow, _WHITE, 0.8), mix(tones.dark, tones.body, 0.25)
    brush.shape([(0.13, 0.1), (0.89, 0.05), (0.93, 0.95), (0.17, 0.99)], mix(tones.dark, tones.body, 0.2))
    brush.shape([(0.11, 0.06), (0.87, 0.01), (0.91, 0.91), (0.15, 0.96)], page)
    for row in range(9):
        y, end = 0.16 + 0.082 * row, 0.8 if row not in (3, 8) else 0.5
        wave = [
            (x / 40, y - 0.05 * (x / 40 - 0.2) + (0.012 if x % 2 else -0.008))
            for x in range(8, int(end * 40))
        ]
        brush.line(wave, 0.009, ink)


def _gull(brush: Brush, tones: Tones) -> None:
    wing = mix(tones.glow, _WHITE, 0.7)
    brush.shape([(0.02, 0.3), (0.28, 0.26), (0.5, 0.5), (0.27, 0.36)], wing)
    brush.shape([(0.98, 0.22), (0.72, 0.22), (0.5, 0.5), (0.73, 0.33)], wing)
    brush.shape([(0.36, 0.46), (0.66, 0.44), (0.7, 0.5), (0.5, 0.58)], mix(wing, tones.dark, 0.15))


def _cup(brush: Brush, tones: Tones) -> None:
    brush.ring(0.74, 0.58, 0.13, 0.035, tones.accent)
    brush.box(0.26, 0.4, 0.74, 0.82, tones.accent, 0.1)
    brush.box(0.26, 0.4, 0.74, 0.5, mix(tones.accent, _WHITE, 0.35), 0.04)
    brush.box(0.14, 0.84, 0.86, 0.89, mix(tones.glow, _WHITE, 0.5), 0.02)


@dataclass(frozen=True, slots=True)
class Prop:
    """A thing: the words for it, where it belongs, and its size in picture heights in a full shot."""

    words: str
    where: Where
    size: float
    paint: Callable[[Brush, Tones], None]


PROPS: tuple[Prop, ...] = (
    Prop(r"lighthouses?", Where.GROUND, 0.95, _lighthouse),
    Prop(r"(?:sail|mail|row(?:ing)?|fishing|paper)?[ -]?boats?|ships?|dinghy|canoe", Where.WATER, 0.5, _boat),
    Prop(r"kites?", Where.AIR, 0.42, _kite),
    Prop(r"cars?|taxis?|vans?", Where.GROUND, 0.55, _car),
    Prop(r"houses?|cottages?|huts?|cabins?", Where.GROUND, 0.75, _house),
    Prop(r"(?:a|the|one|lone|old|single|apple|oak|olive)[ -]tree", Where.GROUND, 0.85, _tree),
    Prop(r"lanterns?|hanging lamps?|lamps?", Where.ROPE, 0.4, _lamp),
    Prop(r"doors?|doorway", Where.GROUND, 0.7, _door),
    Prop(r"letters?|postcards?|notes?|page", Where.HAND, 0.5, _letter),
    Prop(r"(?:sea)?gulls?|birds?", Where.AIR, 0.22, _gull),
    Prop(r"(?:tea|coffee)?cups?|mugs?", Where.HAND, 0.36, _cup),
)
# A boat without a sail, for somebody to sit in.
ROWING = Prop(r"", Where.WATER, 0.6, _rowing_boat)


def props_in(text: str, most: int) -> tuple[Prop, ...]:
    """The things a text names first, each once."""
    lowered = text[:4000].lower()
    found = []
    for number, prop in enumerate(PROPS):
        match = re.search(rf"\b(?:{prop.words})\b", lowered)
        if match:
            found.append((match.start(), number))
    return tuple(PROPS[number] for _, number in sorted(found)[:most])


def paint(prop: Prop, tones: Tones) -> Patch:
    """A thing in a shot's tones, square, with nothing around it."""
    brush = Brush(_PIXELS * 2, _PIXELS * 2, _KEY)
    prop.paint(brush, tones)
    picture = brush.picture
    outline = Image.new("L", picture.size, 255)
    outline.paste(0, mask=_where_key(picture))
    picture.paste(tones.dark, mask=_where_key(picture))
    picture.putalpha(outline)
    return make_patch(picture.reduce(2))


def _where_key(picture: Image.Image) -> Image.Image:
    """White where nothing was painted."""
    red, green, blue = picture.split()
    bands = (
        band.point([255 if level == value else 0 for level in range(256)])
        for band, value in zip((red, green, blue), _KEY, strict=True)
    )
    first, second, third = bands
    empty = Image.new("L", picture.size, 0)
    return Image.composite(Image.composite(first, empty, second), empty, third)
