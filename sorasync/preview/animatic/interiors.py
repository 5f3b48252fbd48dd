"""Sets for interiors: walls, floors and what makes them known."""

from __future__ import annotations

import math
from random import Random

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.tones import Tones

_BLACK: RGB = (8, 8, 12)
_WHITE: RGB = (255, 252, 246)


def _windowed(brush: Brush, tones: Tones, left: float, wide: float) -> None:
    brush.box(left - 0.012, 0.13, left + wide + 0.012, 0.56, mix(tones.wall, _BLACK, 0.35))
    for column in range(2):
        for row in range(2):
            x, y = left + 0.006 + column * wide / 2, 0.15 + row * 0.2
            brush.box(x, y, x + wide / 2 - 0.012, y + 0.185, mix(tones.sky, tones.low, 0.35 + 0.4 * row))


def room(brush: Brush, tones: Tones, chance: Random) -> None:
    """A back wall with a window, a skirting board and a floor."""
    floor = tones.horizon + 0.14
    brush.gradient(mix(tones.wall, _BLACK, 0.08), tones.wall, floor)
    _windowed(brush, tones, chance.choice((0.1, 0.66)), 0.24)
    if tones.lit:
        x = chance.uniform(0.44, 0.56)
        brush.line([(x, 0), (x, 0.14)], 0.004, tones.dark)
        brush.disc(x, 0.17, 0.1, mix(tones.wall, tones.lit, 0.4))
        brush.disc(x, 0.17, 0.035, tones.lit)
    brush.box(0, floor - 0.02, 1, floor, mix(tones.wall, _BLACK, 0.3))
    brush.slope(mix(tones.ground, _BLACK, 0.2), tones.ground, floor, 1.0)
    for step in range(-5, 6):
        brush.line(
            [(0.5 + step * 0.1, floor), (0.5 + step * 0.24, 1.0)], 0.002, mix(tones.ground, _BLACK, 0.3)
        )


def shelves(brush: Brush, tones: Tones, chance: Random) -> None:
    """Walls of books."""
    floor = tones.horizon + 0.16
    brush.gradient(mix(tones.wall, _BLACK, 0.45), mix(tones.wall, _BLACK, 0.3), floor)
    for row in range(5):
        y = 0.1 + (floor - 0.1) * (row + 1) / 5 - 0.01
        x = 0.01
        while x < 0.99:
            wide, high = chance.uniform(0.006, 0.018), chance.uniform(0.07, 0.105)
            book = chance.choice(
                ((132, 62, 52), (70, 92, 84), (188, 156, 98), (66, 76, 112), (176, 168, 150))
            )
            brush.box(x, y - high, x + wide, y, book)
            x += wide + (0.02 if chance.random() < 0.06 else 0.001)
        brush.box(0, y, 1, y + 0.012, mix(tones.wall, _BLACK, 0.1))
    brush.slope(mix(tones.ground, _BLACK, 0.2), tones.ground, floor, 1.0)


def hall(brush: Brush, tones: Tones, chance: Random) -> None:
    """A high, wide space with pillars."""
    x, y = 0.5, tones.horizon
    _walls(brush, tones, (x, y), (0.2, 0.22))
    for step in range(1, 5):
        share = (step / 4) ** 1.7
        for side in (-1.0, 1.0):
            left, wide = x + side * (0.2 + 0.36 * share), 0.012 + 0.03 * share
            top, bottom = y - 0.22 - 0.5 * share, y + 0.12 + 0.35 * share
            brush.box(left - wide / 2, top, left + wide / 2, bottom, mix(tones.wall, _WHITE, 0.12))
    for step in range(3):
        share = (step / 3) ** 1.6
        wide = 0.05 + 0.12 * share
        y0 = max(0.0, y - 0.26 - 0.4 * share)
        brush.box(x - wide, y0, x + wide, y0 + 0.012, tones.lit or mix(tones.wall, _WHITE, 0.6))


def _walls(brush: Brush, tones: Tones, end: tuple[float, float], half: tuple[float, float]) -> None:
    """Two side walls, ceiling and floor around an end wall of a half width and height."""
    (x, y), (wide, high) = end, half
    brush.gradient(mix(tones.wall, _BLACK, 0.45), mix(tones.wall, _BLACK, 0.25), 1.0)
    brush.shape(
        [(x - wide, y + high * 0.6), (x + wide, y + high * 0.6), (1.3, 1.1), (-0.3, 1.1)], tones.ground
    )
    for side, shade in ((-1, 0.14), (1, 0.26)):
        edge = x + side * wide
        out = 0.5 + side * 0.8
        brush.shape(
            [(edge, y - high), (edge, y + high * 0.6), (out, 1.1), (out, -0.6)],
            mix(tones.wall, _BLACK, shade),
        )
    brush.box(x - wide, y - high, x + wide, y + high * 0.6, mix(tones.wall, _BLACK, 0.05))


def tunnel(brush: Brush, tones: Tones, chance: Random) -> None:
    """A passage that runs to a small end."""
    _walls(brush, tones, (0.5, tones.horizon), (0.09, 0.12))
    for step in range(1, 6):
        share = (step / 5) ** 1.8
        shade = mix(tones.wall, _BLACK, 0.45)
        for side in (-1.0, 1.0):
            left = 0.5 + side * (0.09 + 0.62 * share)
            brush.line(
                [(left, tones.horizon - 0.12 - 0.6 * share), (left, tones.horizon + 0.07 + 0.5 * share)],
                0.003 + 0.006 * share,
                shade,
            )
        lamp, top = 0.02 + 0.06 * share, max(0.0, tones.horizon - 0.13 - 0.5 * share)
        brush.box(0.5 - lamp, top, 0.5 + lamp, top + 0.014, (250, 244, 220))


def module(brush: Brush, tones: Tones, chance: Random) -> None:
    """Inside a spacecraft: panels, a round window, lights."""
    _walls(brush, tones, (0.5, tones.horizon), (0.26, 0.3))
    y = tones.horizon - 0.1
    brush.disc(0.5, y, 0.19, mix(tones.wall, _BLACK, 0.45))
    brush.disc(0.5, y, 0.16, (6, 8, 18))
    for _ in range(40):
        turn, reach = chance.uniform(0, 2 * math.pi), 0.15 * chance.random() ** 0.5
        x = 0.5 + reach * math.cos(turn) / max(brush.aspect, 0.5)
        brush.disc(x, y + reach * math.sin(turn), 0.002, (220, 226, 240))
    for side in (0.06, 0.82):
        for row in range(4):
            brush.box(
                side, 0.2 + 0.14 * row, side + 0.12, 0.3 + 0.14 * row, mix(tones.wall, _BLACK, 0.2), 0.01
            )
            for light in range(4):
                colour = chance.choice(((90, 200, 140), (230, 170, 80), (220, 90, 80), (110, 170, 230)))
                brush.disc(side + 0.02 + 0.026 * light, 0.22 + 0.14 * row, 0.006, colour)


def carriage(brush: Brush, tones: Tones, chance: Random) -> None:
    """Inside a train or bus: a row of windows and seats."""
    floor = tones.horizon + 0.18
    brush.gradient(mix(tones.wall, _WHITE, 0.15), tones.wall, floor)
    for column in range(4):
        left = 0.04 + 0.24 * column
        brush.box(left, 0.16, left + 0.2, 0.52, mix(tones.wall, _BLACK, 0.35), 0.03)
        brush.box(left + 0.008, 0.175, left + 0.192, 0.505, mix(tones.sky, tones.low, 0.6), 0.025)
    brush.box(0, 0.06, 1, 0.075, mix(tones.wall, _BLACK, 0.3))
    brush.slope(mix(tones.ground, _BLACK, 0.25), tones.ground, floor, 1.0)
    for column in range(5):
        left = -0.02 + 0.24 * column
        brush.box(left, floor - 0.2, left + 0.09, floor + 0.04, (74, 92, 124), 0.03)


def theatre(brush: Brush, tones: Tones, chance: Random) -> None:
    """A stage with curtains and spotlights."""
    floor = tones.horizon + 0.16
    brush.gradient((22, 16, 20), (40, 30, 34), floor)
    for x in (0.3, 0.5, 0.7):
        brush.shape([(x, 0), (x - 0.09, floor + 0.1), (x + 0.09, floor + 0.1)], (74, 62, 58))
    brush.slope(mix(tones.ground, _BLACK, 0.35), tones.ground, floor, 1.0)
    for x in (0.3, 0.5, 0.7):
        brush.oval(x, floor + 0.1, 0.1, 0.03, (226, 206, 164))
    for side in (0.0, 0.84):
        for fold in range(6):
            left = side + 0.027 * fold
            brush.box(left, 0, left + 0.027, 1, mix((132, 28, 38), _BLACK, 0.1 + 0.25 * (fold % 2)))
    brush.box(0, 0, 1, 0.09, (112, 24, 32))


def tabletop(brush: Brush, tones: Tones, chance: Random) -> None:
    """A table's surface before an empty, blurred background."""
    edge = tones.horizon + 0.12
    brush.gradient(mix(tones.wall, _BLACK, 0.3), mix(tones.wall, _BLACK, 0.12), edge)
    brush.slope(mix(tones.ground, _BLACK, 0.25), mix(tones.ground, _WHITE, 0.1), edge, 1.0)
    for row in range(5):
        y = edge + (1 - edge) * ((row + 1) / 6) ** 1.4
        brush.line([(0, y), (1, y)], 0.002, mix(tones.ground, _BLACK, 0.2))


def surface(brush: Brush, tones: Tones, chance: Random) -> None:
    """A table or floor seen from straight above."""
    brush.gradient(mix(tones.ground, _WHITE, 0.06), mix(tones.ground, _BLACK, 0.06), 1.0)
    for row in range(1, 6):
        brush.line([(0, row / 6), (1, row / 6)], 0.003, mix(tones.ground, _BLACK, 0.12))


SETS = {
    "surface": surface,
    "room": room,
    "shelves": shelves,
    "hall": hall,
    "tunnel": tunnel,
    "module": module,
    "carriage": carriage,
    "stage": theatre,
    "tabletop": tabletop,
}
