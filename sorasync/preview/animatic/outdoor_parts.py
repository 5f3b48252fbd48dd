"""What every set outdoors has: a sky and ground."""

from __future__ import annotations

from random import Random

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.tones import Tones

_BLACK: RGB = (8, 8, 12)


def paint_sky(brush: Brush, tones: Tones, chance: Random, until: float, disc: bool = True) -> None:
    """The sky down to a level, with stars at night and the sun or moon."""
    brush.gradient(tones.sky, tones.low, until)
    if tones.stars:
        for _ in range(90):
            brush.disc(
                chance.random(), chance.random() * until, chance.uniform(0.001, 0.003), (214, 220, 236)
            )
    if disc and not tones.covered:
        x, y = chance.uniform(0.2, 0.8), until * chance.uniform(0.3, 0.55)
        brush.disc(x, y, 0.075, mix(tones.disc, tones.sky, 0.72))
        brush.disc(x, y, 0.05, tones.disc)


def paint_ground(brush: Brush, tones: Tones, near: float = 0.25) -> None:
    """The ground from the horizon down, darker where it is near."""
    far, here = mix(tones.ground, tones.low, 0.3), mix(tones.ground, _BLACK, near)
    brush.slope(far, here, tones.horizon, 1.0)
