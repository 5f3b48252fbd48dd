"""Effects in front of a set: northern lights, lightning, the beam of a spotlight, puddles on the ground."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.shot_reading import Reading
from sorasync.preview.animatic.tones import Tones

_GREEN: RGB = (96, 226, 150)
_VIOLET: RGB = (150, 110, 220)
_BOLT: RGB = (250, 248, 255)
_BEAM: RGB = (255, 244, 210)


def paint_air(brush: Brush, tones: Tones, chance: Random, reading: Reading) -> None:
    """Paint a reading's effects over its finished set; those of the sky only if there is one."""
    if "aurora" in reading.air and reading.outside:
        _aurora(brush, tones, chance)
    if "lightning" in reading.air and reading.outside:
        _lightning(brush, tones, chance)
    if "spotlight" in reading.air and (reading.place is None or not reading.outside):
        _spotlight(brush)
    if "puddle" in reading.air and reading.outside:
        _puddles(brush, tones, chance)


def _puddles(brush: Brush, tones: Tones, chance: Random) -> None:
    for number in range(4):
        x, share = (number + chance.random()) / 4, (number + 1) / 4
        y = tones.horizon + (1 - tones.horizon) * (0.3 + 0.6 * share)
        brush.oval(x, y, 0.05 + 0.14 * share, 0.012 + 0.03 * share, mix(tones.low, tones.dark, 0.35))
        brush.oval(x, y, 0.045 + 0.13 * share, 0.009 + 0.026 * share, mix(tones.low, tones.sky, 0.3))


def _aurora(brush: Brush, tones: Tones, chance: Random) -> None:
    wide, high = brush.picture.size
    sky = round(high * tones.horizon)
    veil = Image.new("RGBA", (wide, sky), (*_GREEN, 0))
    draw = ImageDraw.Draw(veil)
    for band in range(3):
        phase, level = chance.uniform(0, 6), (0.3 + 0.18 * band) * sky
        for step in range(96):
            x = wide * step / 96
            wave = math.sin(step * 0.09 + phase) + 0.4 * math.sin(step * 0.23 + 2 * phase)
            foot = level + 0.1 * sky * wave + 0.2 * sky
            top = foot - sky * (0.34 + 0.1 * math.sin(step * 0.7 + phase))
            colour = _GREEN if band < 2 else _VIOLET
            draw.rectangle((x, top, x + wide / 96 + 1, foot), fill=(*colour, 70 + 40 * (step % 3)))
    brush.picture.paste(veil, (0, 0), veil.filter(ImageFilter.GaussianBlur(high / 90)).getchannel("A"))


def _lightning(brush: Brush, tones: Tones, chance: Random) -> None:
    x, y = chance.uniform(0.3, 0.7), 0.0
    points = [(x, y)]
    while y < tones.horizon * 0.92:
        x, y = x + chance.uniform(-0.045, 0.045), y + chance.uniform(0.04, 0.09)
        points.append((x, y))
        if chance.random() < 0.35:
            aside = (x + chance.choice((-0.07, 0.07)), y + 0.09)
            brush.line([(x, y), aside], 0.005, _BOLT)
    brush.line(points, 0.01, _BOLT)


def _spotlight(brush: Brush) -> None:
    wide, high = brush.picture.size
    beam = Image.new("L", (wide, high), 0)
    draw = ImageDraw.Draw(beam)
    draw.polygon(
        [(wide * 0.48, 0), (wide * 0.52, 0), (wide * 0.66, high * 0.78), (wide * 0.34, high * 0.78)], fill=80
    )
    draw.ellipse((wide * 0.33, high * 0.74, wide * 0.67, high * 0.83), fill=150)
    brush.picture.paste(_BEAM, (0, 0), beam.filter(ImageFilter.GaussianBlur(high / 120)))
