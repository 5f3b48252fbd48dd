"""Places a shot can play in, each drawn from the shot's own colours. Nothing here is more than a sketch."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import brightness, mix

_BLACK: RGB = (8, 8, 12)
_WHITE: RGB = (255, 252, 246)


@dataclass(frozen=True, slots=True)
class Tones:
    """A palette by use: the two colours of the air, a body colour, an accent, and the darkest."""

    air: RGB
    glow: RGB
    body: RGB
    accent: RGB
    dark: RGB


def tones_of(colours: list[RGB], turn: int) -> Tones:
    """Give each colour of a palette (one at least) a use; `turn` deals them out differently."""
    shift = turn % len(colours)
    dealt = colours[shift:] + colours[:shift]
    air, body = dealt[0], dealt[1 % len(dealt)]
    if len(dealt) == 1:
        body = mix(air, _BLACK, 0.4)
    glow = dealt[2] if len(dealt) > 2 else mix(air, _WHITE, 0.45)
    accent = dealt[3] if len(dealt) > 3 else mix(glow, _WHITE, 0.25)
    darkest = min(dealt, key=brightness)
    return Tones(air, glow, body, accent, mix(darkest, _BLACK, 0.62))


def hills(brush: Brush, tones: Tones, chance: Random) -> None:
    """A horizon with ridges one behind the other, and a sun or moon."""
    horizon = chance.uniform(0.46, 0.58)
    brush.gradient(tones.air, mix(tones.glow, tones.air, 0.35), horizon + 0.1)
    x = chance.uniform(0.28, 0.72)
    for radius, share in ((0.2, 0.25), (0.155, 0.5), (0.11, 1.0)):
        brush.disc(x, horizon - 0.14, radius, mix(mix(tones.glow, tones.air, 0.3), _lit(tones.accent), share))
    for layer in range(4):
        share = layer / 3
        colour = mix(mix(tones.body, tones.air, 0.5), mix(tones.body, tones.dark, 0.85), share)
        brush.ridge(
            horizon + 0.02 + 0.11 * layer, 0.075, chance.uniform(0, 6), colour, chance.uniform(0.7, 1.3)
        )


def sea(brush: Brush, tones: Tones, chance: Random) -> None:
    """Water under a low sun, with its path of light."""
    horizon = chance.uniform(0.42, 0.52)
    brush.gradient(tones.air, tones.glow, horizon)
    x = chance.uniform(0.3, 0.7)
    brush.disc(x, horizon - 0.03, 0.15, mix(_lit(tones.accent), tones.glow, 0.25))
    brush.disc(x, horizon - 0.03, 0.12, _lit(tones.accent))
    brush.box(0, horizon, 1, 1, mix(tones.body, tones.air, 0.25))
    for row in range(9):
        y = horizon + 0.012 + 0.006 * row * row
        width = 0.03 + 0.022 * row + chance.uniform(0, 0.05)
        shift = chance.uniform(-0.02, 0.02)
        brush.box(
            x + shift - width,
            y,
            x + shift + width,
            y + 0.006 + 0.001 * row,
            mix(tones.glow, _WHITE, 0.3),
            0.01,
        )
    for layer in range(3):
        colour = mix(tones.body, tones.dark, 0.25 + 0.25 * layer)
        brush.ridge(horizon + 0.16 + 0.13 * layer, 0.022, chance.uniform(0, 6), colour, 2.6 - 0.5 * layer)


def city(brush: Brush, tones: Tones, chance: Random) -> None:
    """Rows of buildings with lit windows."""
    ground = 0.82
    brush.gradient(tones.air, mix(tones.glow, tones.air, 0.25), ground)
    brush.disc(chance.uniform(0.25, 0.75), chance.uniform(0.2, 0.32), 0.085, _lit(tones.accent))
    for layer in range(3):
        colour = mix(mix(tones.body, tones.air, 0.55), mix(tones.body, tones.dark, 0.8), layer / 2)
        _row_of_houses(brush, tones, chance, 0.3 + 0.13 * layer, colour)
    brush.box(0, ground, 1, 1, mix(tones.dark, tones.body, 0.15))


def _row_of_houses(brush: Brush, tones: Tones, chance: Random, top: float, colour: RGB) -> None:
    x = -0.02
    while x < 1:
        width = chance.uniform(0.05, 0.12) / max(0.6, brush.aspect / 1.6)
        roof = top + chance.uniform(-0.07, 0.12)
        brush.box(x, roof, x + width, 1, colour)
        cell = width / 4
        for column in range(3):
            for floor in range(5):
                if chance.random() < 0.34:
                    left, upper = x + cell * (column + 0.65), roof + 0.028 + 0.05 * floor
                    brush.box(left, upper, left + cell * 0.62, upper + 0.026, mix(tones.accent, colour, 0.25))
        x += width + chance.uniform(-0.012, 0.01)


def street(brush: Brush, tones: Tones, chance: Random) -> None:
    """Two walls that run to a point, with awnings, and lamps strung across."""
    x, y = chance.uniform(0.36, 0.64), chance.uniform(0.42, 0.5)
    brush.gradient(tones.air, tones.glow, 1)
    brush.disc(x, y, 0.16, mix(_lit(tones.glow), tones.air, 0.1))
    floor, left, right = mix(tones.body, tones.dark, 0.55), mix(tones.body, tones.dark, 0.25), tones.body
    brush.shape([(x - 0.05, y + 0.07), (x + 0.05, y + 0.07), (1.1, 1.01), (-0.1, 1.01)], floor)
    brush.shape([(x - 0.05, y - 0.13), (x - 0.05, y + 0.07), (-0.12, 1.01), (-0.12, -0.2)], left)
    brush.shape([(x + 0.05, y - 0.13), (x + 0.05, y + 0.07), (1.12, 1.01), (1.12, -0.2)], right)
    for step in range(4):
        near, far = 1 - 0.24 * step, 1 - 0.24 * step - 0.13
        for edge, sign in ((x - 0.05, -1.0), (x + 0.05, 1.0)):
            wall = -0.12 if sign < 0 else 1.12
            _awning(brush, (edge, y), wall, (near, far), tones.accent if step % 2 else tones.glow)
    for rope in range(3):
        _lamps(brush, tones, chance, 0.12 + 0.085 * rope, 0.02 - 0.005 * rope)


def _awning(
    brush: Brush, end: tuple[float, float], wall: float, span: tuple[float, float], colour: RGB
) -> None:
    """A slanted cloth on the wall that runs from `wall` to the vanishing `end`, between two depths."""
    (x, y), (near, far) = end, span
    near_x, far_x = x + (wall - x) * near, x + (wall - x) * far
    out = -0.05 if wall > 0.5 else 0.05
    points = [(near_x, y - 0.06 * near), (far_x, y - 0.06 * far)]
    brush.shape(
        [*points, (far_x + out * far, y + 0.07 * far), (near_x + out * near, y + 0.09 * near)], colour
    )


def _lamps(brush: Brush, tones: Tones, chance: Random, top: float, size: float) -> None:
    sag = chance.uniform(0.05, 0.1)
    line = [(step / 24, top + sag * math.sin(math.pi * step / 24)) for step in range(25)]
    brush.line(line, 0.003, tones.dark)
    for x, y in line[1::2]:
        brush.disc(x, y + size * 0.8, size * 1.5, mix(tones.accent, tones.air, 0.5))
        brush.disc(x, y + size * 0.8, size, _lit(tones.accent))


def room(brush: Brush, tones: Tones, chance: Random) -> None:
    """A wall with a window, shelves, a hanging lamp and a table."""
    floor = 0.72
    brush.gradient(mix(tones.air, tones.body, 0.2), tones.air, 1)
    side = chance.choice((0.2, 0.56))
    pane = 0.24
    brush.shape(
        [(side, 0.56), (side + pane, 0.56), (side + pane + 0.22, 1), (side + 0.1, 1)],
        mix(tones.air, tones.glow, 0.3),
    )
    brush.box(side - 0.012, 0.15, side + pane + 0.012, 0.57, mix(tones.body, tones.dark, 0.4))
    for column in range(2):
        for row in range(2):
            left, top = side + 0.008 + column * pane / 2, 0.17 + row * 0.195
            brush.box(
                left, top, left + pane / 2 - 0.016, top + 0.18, mix(_lit(tones.glow), tones.air, 0.12 * row)
            )
    _shelves(brush, tones, chance, 0.6 if side < 0.4 else 0.16)
    x = chance.uniform(0.42, 0.58)
    brush.line([(x, 0), (x, 0.2)], 0.004, tones.dark)
    brush.shape([(x - 0.02, 0.2), (x + 0.02, 0.2), (x + 0.055, 0.27), (x - 0.055, 0.27)], tones.accent)
    brush.disc(x, 0.275, 0.022, _WHITE)
    brush.box(0, floor, 1, 1, mix(tones.body, tones.dark, 0.45))
    brush.box(0, floor, 1, floor + 0.035, mix(tones.body, tones.glow, 0.15))


def _shelves(brush: Brush, tones: Tones, chance: Random, left: float) -> None:
    for row in range(3):
        y = 0.28 + 0.14 * row
        x = left + 0.015
        while x < left + 0.22:
            width, height = chance.uniform(0.012, 0.035), chance.uniform(0.035, 0.09)
            colour = chance.choice((tones.accent, tones.glow, tones.body, mix(tones.body, tones.dark, 0.5)))
            brush.box(x, y - height, x + width, y, mix(colour, tones.air, 0.15), 0.006)
            x += width + chance.uniform(0.006, 0.022)
        brush.box(left, y, left + 0.25, y + 0.014, mix(tones.body, tones.dark, 0.35))


def forest(brush: Brush, tones: Tones, chance: Random) -> None:
    """Trunks in depth with light between them."""
    brush.gradient(mix(tones.air, tones.dark, 0.15), tones.glow, 0.8)
    brush.disc(chance.uniform(0.35, 0.65), 0.42, 0.2, mix(_lit(tones.glow), tones.air, 0.2))
    for layer in range(3):
        colour = mix(mix(tones.body, tones.glow, 0.55), mix(tones.body, tones.dark, 0.85), layer / 2)
        for _ in range(11 - 2 * layer):
            x, width = chance.uniform(-0.02, 1.02), (0.008 + 0.011 * layer) * chance.uniform(0.7, 1.4)
            lean = chance.uniform(-0.02, 0.02)
            brush.shape(
                [(x - width, 1), (x + width, 1), (x + lean + width * 0.55, 0), (x + lean - width * 0.55, 0)],
                colour,
            )
        brush.ridge(0.66 + 0.1 * layer, 0.03, chance.uniform(0, 6), colour, 1.6)
    for _ in range(12):
        colour = mix(tones.body, tones.accent, chance.uniform(0.15, 0.6))
        brush.disc(chance.uniform(0, 1), chance.uniform(-0.03, 0.13), chance.uniform(0.06, 0.13), colour)


def forms(brush: Brush, tones: Tones, chance: Random) -> None:
    """Large discs, rings and slabs, for texts that name no place."""
    brush.gradient(mix(tones.air, tones.dark, 0.12), tones.air, 1)
    x, y = chance.uniform(0.3, 0.7), chance.uniform(0.34, 0.48)
    brush.disc(x, y, 0.36, mix(tones.air, tones.body, 0.45))
    brush.disc(x, y, 0.25, mix(tones.glow, tones.air, 0.15))
    brush.ring(x + chance.uniform(-0.2, 0.2), y + 0.08, 0.42, 0.008, tones.accent)
    for _ in range(5):
        left, width = chance.uniform(0.05, 0.85), chance.uniform(0.03, 0.1)
        colour = chance.choice((tones.body, tones.accent, mix(tones.body, tones.dark, 0.5)))
        brush.box(left, chance.uniform(0.35, 0.65), left + width, 1, colour, 0.02)
    brush.ridge(0.74, 0.03, chance.uniform(0, 6), mix(tones.body, tones.dark, 0.6), 0.8)


Set = Callable[[Brush, Tones, Random], None]
SETS: dict[str, Set] = {
    "room": room,
    "street": street,
    "city": city,
    "sea": sea,
    "forest": forest,
    "hills": hills,
    "forms": forms,
}
_PLACES = (
    (
        "room",
        r"kitchen|room|interior|inside|restaurant|cafe|bar|office|shop|studio|bakery|library|workshop|lab|table|hall",
    ),
    ("street", r"market|street|alley|lane|corridor|bazaar|tunnel|road|passage|station|platform"),
    (
        "city",
        r"city|rooftops?|skyline|towers?|downtown|buildings?|town|village|lisbon|osaka|tokyo|london|paris|berlin",
    ),
    ("sea", r"sea|ocean|beach|boats?|ships?|harbou?r|waves?|coast|lake|river|underwater|island|pier|sail\w*"),
    ("forest", r"forest|woods?|trees?|jungle|garden|park|leaves"),
    (
        "hills",
        r"hills?|mountains?|desert|dunes?|field|meadow|valley|cliffs?|prairie|farm|horizon|snow\w*|sky",
    ),
)


def place_of(text: str) -> str | None:
    """The kind of place whose words come first in a text, or None."""
    lowered = text[:4000].lower()
    found = [
        (match.start(), name)
        for name, words in _PLACES
        if (match := re.search(rf"\b(?:{words})\b", lowered)) is not None
    ]
    return min(found)[1] if found else None


def _lit(colour: RGB) -> RGB:
    return mix(colour, _WHITE, 0.35)
