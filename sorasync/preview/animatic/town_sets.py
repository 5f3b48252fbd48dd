"""Sets in towns: streets, roads, platforms, skylines, playing fields."""

from __future__ import annotations

from random import Random

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.outdoor_parts import paint_sky
from sorasync.preview.animatic.tones import Tones

_BLACK: RGB = (8, 8, 12)
_WHITE: RGB = (255, 252, 246)


def city(brush: Brush, tones: Tones, chance: Random) -> None:
    """Rows of buildings, with lit windows at night, behind an open floor."""
    base = tones.horizon + 0.12
    paint_sky(brush, tones, chance, base)
    for layer in range(3):
        colour = mix(
            mix((112, 116, 126), tones.low, 0.6 - 0.22 * layer), tones.sky, 0.25 if tones.lit else 0.0
        )
        if tones.night:
            colour = mix(colour, _BLACK, 0.45)
        _row_of_houses(brush, tones, chance, (tones.horizon * (0.25 + 0.25 * layer), base), colour)
    brush.slope(mix(tones.ground, tones.low, 0.2), mix(tones.ground, _BLACK, 0.35), base, 1.0)


def _row_of_houses(
    brush: Brush, tones: Tones, chance: Random, span: tuple[float, float], colour: RGB
) -> None:
    x = -0.02
    while x < 1:
        width = chance.uniform(0.05, 0.12) / max(0.6, brush.aspect / 1.6)
        roof = span[0] + chance.uniform(-0.05, 0.1)
        brush.box(x, roof, x + width, span[1], colour)
        cell = width / 4
        for column in range(3):
            for floor in range(9):
                left, upper = x + cell * (column + 0.65), roof + 0.028 + 0.045 * floor
                if upper + 0.024 > span[1] - 0.01:
                    break
                shine = tones.lit is not None and chance.random() < 0.4
                pane = tones.lit if shine and tones.lit else mix(colour, _BLACK if tones.lit else _WHITE, 0.2)
                brush.box(left, upper, left + cell * 0.62, upper + 0.024, pane)
        x += width + chance.uniform(-0.012, 0.01)


def street(brush: Brush, tones: Tones, chance: Random) -> None:
    """House fronts on both sides that run to a point, with awnings in a market."""
    x, y = chance.uniform(0.42, 0.58), tones.horizon
    paint_sky(brush, tones, chance, y + 0.1, disc=False)
    shade = 0.5 if tones.night else 0.0
    walls = [mix(mix(tone, tones.low, 0.15), _BLACK, shade) for tone in ((176, 150, 128), (150, 156, 164))]
    brush.slope(mix(tones.ground, tones.low, 0.15), mix(tones.ground, _BLACK, 0.25 + shade / 2), y, 1.0)
    for side, wall in ((-1.0, walls[0]), (1.0, walls[1])):
        brush.shape(
            [(x + side * 0.06, y - 0.2), (x + side * 0.06, y + 0.03), (x + side * 0.75, 1.0),
             (x + side * 1.2, 1.0), (x + side * 1.2, -0.9), (x + side * 0.75, -1.0)], wall
        )  # fmt: skip
        for step in range(5):
            _front(brush, tones, chance, (x, y, side), (0.16 + 0.17 * step, 0.26 + 0.2 * step), wall)
    kerb = mix(tones.ground, _WHITE, 0.25)
    for side in (-1.0, 1.0):
        brush.line([(x + side * 0.04, y + 0.02), (x + side * 0.5, 1.0)], 0.006, kerb)


def _front(
    brush: Brush,
    tones: Tones,
    chance: Random,
    at: tuple[float, float, float],
    span: tuple[float, float],
    wall: RGB,
) -> None:
    """Two floors of windows, and a door or an awning, on a wall between two depths (shares of its length)."""
    (x, y, side), (far, near) = at, span
    left, right = x + side * (0.06 + far * 0.8), x + side * (0.06 + near * 0.8)

    def level(share: float, depth: float) -> float:
        return y - share * (0.2 + depth * 1.1)

    def pane(upper: float, lower: float, colour: RGB) -> None:
        corners = ((left, far, upper), (right, near, upper), (right, near, lower), (left, far, lower))
        brush.shape([(edge, level(share, depth)) for edge, depth, share in corners], colour)

    for upper, lower in ((0.9, 0.66), (0.56, 0.32)):
        shine = tones.lit is not None and chance.random() < 0.55
        pane(upper, lower, tones.lit if shine and tones.lit else mix(wall, _BLACK, 0.35))
    if tones.awnings:
        cloth = chance.choice(((196, 74, 58), (222, 170, 70), (70, 124, 130)))
        cloth = mix(cloth, _BLACK, 0.35) if tones.night else cloth
        out = -side * 0.04
        upper_edge = [(left, level(0.22, far)), (right, level(0.22, near))]
        lower_edge = [
            (right + out * (1 + near), level(0.02, near)),
            (left + out * (1 + far), level(0.02, far)),
        ]
        brush.shape([*upper_edge, *lower_edge], cloth)
    else:
        pane(0.2, -0.3, mix(wall, _BLACK, 0.45))


def road(brush: Brush, tones: Tones, chance: Random) -> None:
    """A road that runs to the horizon."""
    verge = (120, 142, 88)
    verge = mix(verge, _BLACK, 0.5) if tones.night else verge
    paint_sky(brush, tones, chance, tones.horizon)
    brush.slope(mix(verge, tones.low, 0.4), mix(verge, _BLACK, 0.2), tones.horizon, 1.0)
    x = chance.uniform(0.45, 0.55)
    brush.shape(
        [(x - 0.012, tones.horizon), (x + 0.012, tones.horizon), (x + 0.75, 1.0), (x - 0.75, 1.0)],
        tones.ground,
    )
    for step in range(6):
        near, far = (step / 6) ** 1.8, ((step + 0.5) / 6) ** 1.8
        top, bottom = (tones.horizon + (1 - tones.horizon) * share for share in (near, far))
        thin, wide = 0.012 * near, 0.012 * far
        dash = [(x - thin, top), (x + thin + 0.001, top), (x + wide + 0.001, bottom), (x - wide, bottom)]
        brush.shape(dash, (236, 232, 214))


def metro(brush: Brush, tones: Tones, chance: Random) -> None:
    """A platform below the ground: a tiled wall and lamps where others have a sky."""
    platform(brush, tones, chance)
    y, wall = tones.horizon, (112, 118, 124)
    brush.slope(mix(wall, _BLACK, 0.55), mix(wall, _BLACK, 0.15), 0.0, y)
    for column in range(1, 12):
        brush.line([(column / 12, 0.18), (column / 12, y)], 0.002, mix(wall, _BLACK, 0.3))
    for row in range(1, 4):
        brush.line(
            [(0, 0.18 + row * (y - 0.18) / 4), (1, 0.18 + row * (y - 0.18) / 4)],
            0.002,
            mix(wall, _BLACK, 0.3),
        )
    for lamp in (0.2, 0.5, 0.8):
        brush.box(lamp - 0.09, 0.1, lamp + 0.09, 0.125, (250, 246, 226))


def platform(brush: Brush, tones: Tones, chance: Random) -> None:
    """A railway platform with rails and a roof on posts."""
    y = tones.horizon
    paint_sky(brush, tones, chance, y, disc=False)
    brush.slope((96, 92, 88), (70, 66, 64), y, 1.0)
    x = 0.62
    for offset in (0.1, 0.42):
        brush.line([(x, y), (x + offset * 2.2, 1.0)], 0.008, (176, 178, 182))
    for step in range(9):
        share = (step / 9) ** 1.8
        level = y + (1 - y) * share
        brush.line([(x + 0.06 * share, level), (x + 1.2 * share, level)], 0.004 + 0.008 * share, (64, 52, 44))
    brush.shape([(x - 0.02, y), (x + 0.1, 1.0), (-0.2, 1.0), (-0.2, y)], tones.ground)
    brush.line([(x - 0.025, y), (x + 0.05, 1.0)], 0.012, (232, 204, 90))
    brush.shape(
        [(x - 0.05, y - 0.1), (x + 0.02, -0.05), (-0.2, -0.05), (-0.2, y - 0.16)],
        mix((98, 104, 110), _BLACK, 0.2),
    )
    for step in range(1, 5):
        share = (step / 5) ** 1.6
        post = x - 0.08 - 0.5 * share
        brush.box(
            post, y - 0.1 - 0.3 * share, post + 0.006 + 0.014 * share, y + (1 - y) * share, (70, 76, 82)
        )


def pitch(brush: Brush, tones: Tones, chance: Random) -> None:
    """A playing field before full stands."""
    y = tones.horizon
    paint_sky(brush, tones, chance, y * 0.5, disc=False)
    stand = mix((120, 124, 136), _BLACK, 0.5 if tones.night else 0.1)
    brush.box(0, y * 0.4, 1, y, stand)
    for row in range(9):
        level = y * 0.42 + (y * 0.55) * row / 9
        for column in range(64):
            shirt = chance.choice(
                ((190, 70, 64), (222, 222, 226), (70, 92, 150), (206, 170, 80), (90, 94, 100))
            )
            shirt = mix(shirt, stand, 0.3)
            brush.disc((column + chance.uniform(0.2, 0.8)) / 64, level + 0.02, 0.009, shirt)
    if tones.lit:
        for left in (0.12, 0.36, 0.64, 0.88):
            brush.box(left - 0.03, y * 0.24, left + 0.03, y * 0.33, (255, 250, 226))
            brush.box(left - 0.003, y * 0.33, left + 0.003, y * 0.42, stand)
    brush.slope(mix(tones.ground, _BLACK, 0.15), tones.ground, y, 1.0)
    for row in range(4):
        top, bottom = (y + (1 - y) * ((row + half) / 4) ** 1.5 for half in (0.0, 0.5))
        brush.box(0, top, 1, bottom, mix(tones.ground, _WHITE, 0.08))
    brush.line([(0, y + 0.03), (1, y + 0.03)], 0.006, _WHITE)
    brush.line([(0.5, y + 0.03), (0.36, 1.0)], 0.008, _WHITE)


SETS = {
    "city": city,
    "street": street,
    "road": road,
    "platform": platform,
    "metro": metro,
    "pitch": pitch,
}
