"""Sets for the places a shot can play in, in natural colours for the time of day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from sorasync.preview.animatic import interiors, town_sets
from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.outdoor_parts import paint_ground, paint_sky
from sorasync.preview.animatic.tones import Tones

_BLACK: RGB = (8, 8, 12)
_WHITE: RGB = (255, 252, 246)
_SNOW: RGB = (236, 241, 247)
_STAGE: RGB = (168, 170, 172)


def stage(brush: Brush, tones: Tones, chance: Random) -> None:
    """A neutral grey stage: for places that nothing is known about."""
    grey = (
        mix(_STAGE, (12, 14, 22), 0.72) if tones.night else mix(_STAGE, tones.sky, 0.18 if tones.lit else 0)
    )
    brush.gradient(mix(grey, _BLACK, 0.1), grey, tones.horizon)
    brush.slope(mix(grey, _BLACK, 0.2), mix(grey, _BLACK, 0.08), tones.horizon, 1.0)
    line = mix(grey, _BLACK, 0.28)
    for step in range(-6, 7):
        brush.line([(0.5 + step * 0.075, tones.horizon), (0.5 + step * 0.32, 1.0)], 0.002, line)
    for row in range(5):
        y = tones.horizon + (1 - tones.horizon) * (row / 5) ** 1.7
        brush.line([(0, y), (1, y)], 0.002, line)


def sweep(brush: Brush, tones: Tones, chance: Random) -> None:
    """A seamless photo studio background."""
    brush.gradient(mix(tones.ground, _WHITE, 0.2), tones.ground, 0.75)
    brush.slope(tones.ground, mix(tones.ground, _WHITE, 0.35), 0.75, 1.0)


def open_ground(brush: Brush, tones: Tones, chance: Random) -> None:
    """Flat ground under the sky, with a far line of hills and trees."""
    paint_sky(brush, tones, chance, tones.horizon)
    brush.ridge(tones.horizon - 0.01, 0.05, chance.uniform(0, 6), mix(tones.ground, tones.low, 0.55), 0.9)
    paint_ground(brush, tones)
    for row in range(1, 4):
        level = tones.horizon + (1 - tones.horizon) * (row / 4) ** 1.5
        brush.ridge(level, 0.02, chance.uniform(0, 6), mix(tones.ground, _BLACK, 0.05 + 0.07 * row), 1.2)


def hills(brush: Brush, tones: Tones, chance: Random) -> None:
    """Ridges one behind the other."""
    paint_sky(brush, tones, chance, tones.horizon + 0.06)
    for layer in range(4):
        colour = mix(mix(tones.ground, tones.low, 0.5), mix(tones.ground, _BLACK, 0.3), layer / 3)
        level = tones.horizon - 0.03 + (1 - tones.horizon) * 0.24 * layer
        brush.ridge(level, 0.075, chance.uniform(0, 6), colour, chance.uniform(0.7, 1.3))


def peaks(brush: Brush, tones: Tones, chance: Random) -> None:
    """Mountains with snow on top."""
    paint_sky(brush, tones, chance, tones.horizon)
    for layer in range(2):
        colour = mix(mix((108, 114, 126), tones.low, 0.5 - 0.35 * layer), _BLACK, 0.1 * layer)
        x = -0.1
        while x < 1.05:
            wide = chance.uniform(0.16, 0.28)
            top = tones.horizon * chance.uniform(0.25, 0.6) + 0.1 * layer
            base = tones.horizon + 0.02
            brush.shape([(x - wide * 0.6, base), (x + wide / 2, top), (x + wide * 1.6, base)], colour)
            dip = (base - top) * 0.28
            white = mix(_SNOW, tones.sky, 0.35)
            slope = wide * 1.1 * dip / (base - top)
            tip = x + wide / 2
            foot = [(tip + slope * 0.3, top + dip * 0.7), (tip - slope * 0.3, top + dip * 0.85)]
            brush.shape([(tip - slope, top + dip), (tip, top), (tip + slope, top + dip), *foot], white)
            x += wide
    paint_ground(brush, tones)


def dunes(brush: Brush, tones: Tones, chance: Random) -> None:
    """Sand in long waves."""
    paint_sky(brush, tones, chance, tones.horizon + 0.06)
    for layer in range(4):
        colour = mix(mix(tones.ground, tones.low, 0.35), mix(tones.ground, _BLACK, 0.25), layer / 3)
        level = tones.horizon + (1 - tones.horizon) * 0.25 * layer
        brush.ridge(level, 0.06 + 0.02 * layer, chance.uniform(0, 6), colour, 0.55)


def crater(brush: Brush, tones: Tones, chance: Random) -> None:
    """Bare ground with craters."""
    paint_sky(brush, tones, chance, tones.horizon + 0.06, disc=False)
    brush.ridge(tones.horizon, 0.05, chance.uniform(0, 6), mix(tones.ground, _BLACK, 0.35), 0.9)
    brush.slope(mix(tones.ground, _BLACK, 0.15), tones.ground, tones.horizon + 0.03, 1.0)
    for _ in range(9):
        depth = chance.random() ** 2
        y = tones.horizon + 0.06 + (1 - tones.horizon) * 0.8 * depth
        wide = 0.02 + 0.11 * depth
        x = chance.random()
        brush.oval(x, y, wide, wide * 0.3, mix(tones.ground, _BLACK, 0.4))
        brush.oval(x, y + wide * 0.07, wide * 0.9, wide * 0.22, mix(tones.ground, _BLACK, 0.15))


def sea(brush: Brush, tones: Tones, chance: Random) -> None:
    """Water under the sun or moon, with its path of light."""
    horizon = tones.horizon
    brush.gradient(tones.sky, tones.low, horizon)
    if tones.stars:
        for _ in range(70):
            brush.disc(
                chance.random(), chance.random() * horizon, chance.uniform(0.001, 0.003), (214, 220, 236)
            )
    x = chance.uniform(0.3, 0.7)
    if not tones.covered:
        brush.disc(x, horizon * 0.72, 0.09, mix(tones.disc, tones.low, 0.6))
        brush.disc(x, horizon * 0.72, 0.06, tones.disc)
    water = mix(tones.ground, tones.sky, 0.3)
    brush.slope(mix(water, tones.low, 0.4), mix(tones.ground, _BLACK, 0.35), horizon, 1.0)
    for row in range(0 if tones.covered else 9):
        y = horizon + 0.012 + 0.006 * row * row
        wide = 0.03 + 0.022 * row + chance.uniform(0, 0.05)
        shift = chance.uniform(-0.02, 0.02)
        brush.box(
            x + shift - wide, y, x + shift + wide, y + 0.006 + 0.001 * row, mix(tones.disc, water, 0.35), 0.01
        )
    for layer in range(3):
        colour = mix(water, _BLACK, 0.2 + 0.16 * layer)
        level = horizon + (1 - horizon) * (0.3 + 0.24 * layer)
        brush.ridge(level, 0.018, chance.uniform(0, 6), colour, 2.6 - 0.5 * layer)


def pool(brush: Brush, tones: Tones, chance: Random) -> None:
    """A swimming pool with lanes, in a tiled hall."""
    y, shade = tones.horizon, 0.5 if tones.night else 0.0
    wall, water = mix((206, 214, 216), _BLACK, shade), mix(tones.ground, _BLACK, shade)
    brush.gradient(mix(wall, _BLACK, 0.18), wall, y)
    for column in range(1, 14):
        brush.line([(column / 14, 0), (column / 14, y)], 0.002, mix(wall, _BLACK, 0.12))
    brush.slope(mix(wall, _BLACK, 0.1), mix(wall, _BLACK, 0.2), y, 1.0)
    brush.shape([(0.2, y + 0.06), (0.8, y + 0.06), (1.4, 1.0), (-0.4, 1.0)], water)
    for lane in range(1, 5):
        top, low = 0.2 + 0.6 * lane / 5, -0.4 + 1.8 * lane / 5
        brush.line([(top, y + 0.06), (low, 1.0)], 0.008, mix((206, 70, 60), _WHITE, 0.5 * (lane % 2)))


def pier(brush: Brush, tones: Tones, chance: Random) -> None:
    """Planks that run out into the sea."""
    water = replace(tones, ground=mix((47, 106, 138), _BLACK, 0.6 if tones.night else 0.0))
    sea(brush, water, chance)
    far, edge = tones.horizon + 0.04, mix(tones.ground, _BLACK, 0.4)
    brush.shape([(0.44, far), (0.56, far), (1.02, 1.0), (-0.02, 1.0)], tones.ground)
    for step in range(1, 12):
        share = (step / 12) ** 1.8
        y = far + (1 - far) * share
        brush.line([(0.44 - 0.46 * share, y), (0.56 + 0.46 * share, y)], 0.002 + 0.005 * share, edge)
    for step in range(1, 5):
        share = (step / 5) ** 1.8
        y = far + (1 - far) * share
        for x in (0.44 - 0.46 * share, 0.56 + 0.46 * share):
            brush.box(x - 0.004 - 0.012 * share, y - 0.03 - 0.12 * share, x + 0.004 + 0.012 * share, y, edge)


def canyon(brush: Brush, tones: Tones, chance: Random) -> None:
    """Walls of rock on both sides of a dry bed."""
    paint_sky(brush, tones, chance, tones.horizon + 0.06)
    brush.slope(mix(tones.ground, tones.low, 0.3), mix(tones.ground, _BLACK, 0.2), tones.horizon + 0.04, 1.0)
    for layer in range(3):
        share = layer / 2
        colour = mix(mix(tones.ground, tones.low, 0.45 - 0.4 * share), (96, 46, 32), 0.15 + 0.2 * share)
        near, top = 0.36 - 0.13 * layer, tones.horizon * (0.5 - 0.22 * layer)
        foot = tones.horizon + 0.05 + 0.12 * layer
        for side in (0.0, 1.0):
            edge = [
                (near, foot),
                (near - 0.03, (top + foot) / 2),
                (near - 0.07, top),
                (0.0, top - 0.06),
                (0.0, foot + 0.2),
            ]
            brush.shape([(x if side == 0 else 1 - x, y) for x, y in edge], colour)
            for band in range(1, 4):
                y = top + (foot - top) * band / 4
                line = [(0.0, y), (near - 0.05 + 0.012 * band, y)]
                brush.line(
                    [(x if side == 0 else 1 - x, y) for x, y in line], 0.006, mix(colour, _BLACK, 0.18)
                )


def beach(brush: Brush, tones: Tones, chance: Random) -> None:
    """Sand before the sea."""
    horizon = tones.horizon
    paint_sky(brush, tones, chance, horizon)
    water = mix((52, 120, 150), tones.sky, 0.35)
    brush.slope(mix(water, tones.low, 0.3), water, horizon, horizon + 0.2)
    shore = horizon + (1 - horizon) * 0.3
    brush.ridge(shore - 0.02, 0.02, 1.0, mix(_WHITE, water, 0.25), 1.3)
    brush.ridge(shore, 0.02, 1.0, mix(tones.ground, _BLACK, 0.12), 1.3)
    brush.ridge(shore + 0.08, 0.02, 2.0, tones.ground, 1.0)


def underwater(brush: Brush, tones: Tones, chance: Random) -> None:
    """Blue water with rays of light over a sandy floor."""
    brush.gradient((70, 160, 190), (14, 58, 92), 0.85)
    for _ in range(6):
        x, wide = chance.random(), chance.uniform(0.02, 0.06)
        lean = chance.uniform(0.05, 0.2)
        brush.shape([(x, 0), (x + wide, 0), (x + wide + lean * 1.6, 0.7), (x + lean, 0.7)], (78, 158, 186))
    brush.ridge(0.84, 0.03, chance.uniform(0, 6), (104, 122, 106), 0.8)
    brush.ridge(0.9, 0.02, chance.uniform(0, 6), (132, 138, 112), 1.1)
    for _ in range(26):
        brush.ring(
            chance.random(), chance.random() * 0.8, chance.uniform(0.004, 0.011), 0.002, (176, 220, 232)
        )


def sky(brush: Brush, tones: Tones, chance: Random) -> None:
    """Nothing but air and clouds."""
    paint_sky(brush, tones, chance, 1.0)
    cloud = mix(mix(_WHITE, tones.low, 0.3), tones.sky, 0.55 if tones.night else 0.05)
    for layer in range(9):
        x, y = chance.random(), 0.25 + 0.75 * (layer / 9)
        for _ in range(6):
            brush.oval(
                x + chance.uniform(-0.12, 0.12), y + chance.uniform(-0.02, 0.02), chance.uniform(0.05, 0.12),
                chance.uniform(0.02, 0.045), mix(cloud, tones.sky, chance.uniform(0, 0.2)),
            )  # fmt: skip


def space(brush: Brush, tones: Tones, chance: Random) -> None:
    """Stars on black."""
    brush.gradient((3, 4, 10), (10, 10, 26), 1.0)
    for _ in range(220):
        shade = chance.randrange(120, 255)
        brush.disc(
            chance.random(),
            chance.random(),
            chance.uniform(0.0008, 0.003),
            (shade, shade, min(255, shade + 20)),
        )


def forest(brush: Brush, tones: Tones, chance: Random) -> None:
    """Trunks in depth with light between them."""
    leaf = mix(tones.ground, _BLACK, 0.45 if tones.night else 0.0)
    back = mix(tones.low, leaf, 0.55)
    brush.gradient(mix(leaf, tones.sky, 0.4), back, tones.horizon)
    brush.slope(back, mix(leaf, _BLACK, 0.35), tones.horizon, 1.0)
    bark = mix((88, 68, 52), _BLACK, 0.4 if tones.night else 0.0)
    for layer in range(3):
        colour = mix(mix(bark, back, 0.65), bark, layer / 2)
        for _ in range(11 - 2 * layer):
            x, wide = chance.uniform(-0.02, 1.02), (0.008 + 0.009 * layer) * chance.uniform(0.7, 1.4)
            lean = chance.uniform(-0.02, 0.02)
            foot = tones.horizon + 0.08 + 0.1 * layer
            brush.shape(
                [
                    (x - wide, foot),
                    (x + wide, foot),
                    (x + lean + wide * 0.55, 0),
                    (x + lean - wide * 0.55, 0),
                ],
                colour,
            )
        brush.ridge(
            tones.horizon + 0.07 + 0.12 * layer,
            0.03,
            chance.uniform(0, 6),
            mix(leaf, _BLACK, 0.1 * layer),
            1.6,
        )
    for _ in range(16):
        shade = mix(leaf, _WHITE if not tones.night else _BLACK, chance.uniform(0.0, 0.25))
        brush.disc(chance.uniform(0, 1), chance.uniform(-0.03, 0.13), chance.uniform(0.06, 0.13), shade)


def above(brush: Brush, tones: Tones, chance: Random) -> None:
    """The ground seen from straight above."""
    brush.gradient(tones.ground, tones.ground, 1.0)
    for _ in range(70):
        shade = mix(tones.ground, chance.choice((_BLACK, _WHITE)), chance.uniform(0.03, 0.09))
        brush.oval(
            chance.random(), chance.random(), chance.uniform(0.01, 0.06), chance.uniform(0.01, 0.05), shade
        )


Set = Callable[[Brush, Tones, Random], None]
SETS: dict[str, Set] = {
    "neutral": stage,
    "above": above,
    "sweep": sweep,
    "open": open_ground,
    "hills": hills,
    "peaks": peaks,
    "dunes": dunes,
    "crater": crater,
    "sea": sea,
    "beach": beach,
    "pier": pier,
    "pool": pool,
    "canyon": canyon,
    "underwater": underwater,
    "sky": sky,
    "space": space,
    "forest": forest,
    **town_sets.SETS,
    **interiors.SETS,
}
