"""Draws a figure for people without a picture: plain shapes in the shot's colours, without a face."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from sorasync.preview.animatic.camera import Framing
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.sets import Tones

_OVERSAMPLE = 2
_TALL = {Framing.FULL, Framing.WIDE, Framing.AERIAL}
_SKINS: tuple[RGB, ...] = ((208, 160, 128), (150, 104, 78), (232, 194, 164))


@dataclass(frozen=True, slots=True)
class _Paints:
    """The colours of one figure."""

    skin: RGB
    hair: RGB
    coat: RGB
    legs: RGB


def person(height: int, tones: Tones, framing: Framing, lit_from_left: bool, index: int) -> Patch:
    """A standing figure, or head and shoulders for nearer framings, `height` pixels tall."""
    tall = framing in _TALL
    size = max(2, round(height * (0.42 if tall else 0.95))), max(2, height)
    large = (size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE)
    coat = (tones.accent, tones.glow, tones.body)[index % 3]
    paints = _Paints(
        skin=mix(_SKINS[index % 3], tones.air, 0.2),
        hair=mix(tones.dark, (40, 26, 20), 0.4),
        coat=mix(coat, tones.dark, 0.3),
        legs=mix(tones.dark, tones.body, 0.35),
    )
    picture = Image.new("RGBA", large, (*tones.dark, 0))
    (_standing if tall else _bust)(ImageDraw.Draw(picture), large, paints)
    picture = picture.reduce(_OVERSAMPLE)
    return make_patch(_shaded(picture, lit_from_left))


def _shaded(picture: Image.Image, lit_from_left: bool) -> Image.Image:
    """The side away from the light made darker."""
    alpha = picture.getchannel("A")
    shift = round(picture.width * 0.07) * (1 if lit_from_left else -1)
    moved = Image.new("L", picture.size, 0)
    moved.paste(alpha, (-shift, -abs(shift) // 2))
    lit = Image.eval(moved, lambda level: 96 - level * 96 // 255)
    dark = Image.new("RGBA", picture.size, (10, 10, 24, 255))
    shaded = Image.composite(dark, picture, lit)
    shaded.putalpha(alpha)
    return shaded


def _bust(draw: ImageDraw.ImageDraw, size: tuple[int, int], paints: _Paints) -> None:
    width, height = size
    middle, head, top = width / 2, height * 0.15, height * 0.02
    shoulder = top + head * 2.45
    draw.rounded_rectangle(
        (middle - head * 2.25, shoulder, middle + head * 2.25, height + head), head * 1.3, fill=paints.coat
    )
    neck = mix(paints.skin, (60, 30, 30), 0.25)
    draw.rounded_rectangle(
        (middle - head * 0.42, top + head, middle + head * 0.42, shoulder + head * 0.4), head * 0.3, fill=neck
    )
    collar = mix(paints.coat, (255, 255, 255), 0.25)
    for side in (-1, 1):
        tip = (middle + side * head * 0.1, shoulder + head * 0.95)
        draw.polygon(
            [
                (middle + side * head * 0.42, shoulder - head * 0.12),
                (middle + side * head * 0.95, shoulder),
                tip,
            ],
            fill=collar,
        )
    _head(draw, (middle, top), head, paints)


def _head(draw: ImageDraw.ImageDraw, at: tuple[float, float], head: float, paints: _Paints) -> None:
    """A head whose crown is at a point; `head` is half its height."""
    middle, top = at
    draw.ellipse(
        (middle - head * 0.98, top - head * 0.04, middle + head * 0.98, top + head * 1.7), fill=paints.hair
    )
    for side in (-1, 1):
        ear = middle + side * head * 0.82
        draw.ellipse(
            (ear - head * 0.16, top + head * 0.9, ear + head * 0.16, top + head * 1.35), fill=paints.skin
        )
    draw.ellipse(
        (middle - head * 0.8, top + head * 0.2, middle + head * 0.8, top + head * 2.1), fill=paints.skin
    )
    draw.chord((middle - head * 0.9, top, middle + head * 0.9, top + head * 1.5), 195, 345, fill=paints.hair)


def _standing(draw: ImageDraw.ImageDraw, size: tuple[int, int], paints: _Paints) -> None:
    width, height = size
    middle, head, top = width / 2, height * 0.066, height * 0.02
    shoulder, hip, reach = top + head * 2.35, height * 0.53, head * 1.6
    for side in (-1, 1):
        leg = middle + side * head * 0.68
        box = (leg - head * 0.56, hip - head, leg + head * 0.56, height - 1.0)
        draw.rounded_rectangle(box, head * 0.3, fill=paints.legs)
    sleeve = mix(paints.coat, (20, 20, 30), 0.18)
    for side in (-1, 1):
        arm = middle + side * head * 1.6
        box = (arm - head * 0.36, shoulder + head * 0.35, arm + head * 0.36, hip + head * 0.5)
        draw.rounded_rectangle(box, head * 0.35, fill=sleeve)
        draw.ellipse(
            (arm - head * 0.3, hip + head * 0.2, arm + head * 0.3, hip + head * 0.9), fill=paints.skin
        )
    draw.rectangle(
        (middle - head * 0.34, top + head, middle + head * 0.34, shoulder + head * 0.2), fill=paints.skin
    )
    draw.rounded_rectangle(
        (middle - reach, shoulder, middle + reach, hip + head * 0.3), head * 0.8, fill=paints.coat
    )
    _head(draw, (middle, top), head, paints)
