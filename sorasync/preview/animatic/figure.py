"""A figure for people of whom there is no picture."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sorasync.preview.animatic.camera import Framing
from sorasync.preview.animatic.colours import mix
from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.sets import Tones

_OVERSAMPLE = 2
_TALL = {Framing.FULL, Framing.WIDE, Framing.AERIAL}


def person(height: int, tones: Tones, framing: Framing, lit_from_left: bool, index: int) -> Patch:
    """A standing figure, or head and shoulders for nearer framings, `height` pixels tall."""
    tall = framing in _TALL
    width = round(height * (0.42 if tall else 0.95))
    dark = mix(tones.dark, (tones.body, tones.accent, tones.glow)[index % 3], 0.16)
    rim = mix(tones.accent, (255, 250, 240), 0.3)
    size = max(2, width), max(2, height)
    large = (size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE)
    outline = Image.new("L", large, 0)
    _outline(ImageDraw.Draw(outline), large, tall)
    outline = outline.reduce(_OVERSAMPLE)
    shift = round(size[1] * 0.012) * (1 if lit_from_left else -1)
    picture = Image.new("RGB", size, rim)
    picture.paste(dark, (shift, abs(shift) // 2), outline)
    picture.putalpha(outline)
    return make_patch(picture)


def _outline(draw: ImageDraw.ImageDraw, size: tuple[int, int], tall: bool) -> None:
    width, height = size
    middle = width / 2
    head = height * (0.062 if tall else 0.15)
    top = height * 0.02
    draw.ellipse((middle - head * 0.86, top, middle + head * 0.86, top + head * 2.1), fill=255)
    neck = top + head * 1.6
    base = neck + head * 1.05
    sides = [(middle + head * 0.36, neck), (middle + head * 0.7, base), (middle - head * 0.7, base)]
    draw.polygon([(middle - head * 0.36, neck), *sides], fill=255)
    shoulder = neck + head * 0.72
    if not tall:
        _bust(draw, middle, shoulder, head, height)
        return
    hip, reach = height * 0.53, head * 1.85
    draw.rounded_rectangle(
        (middle - reach, shoulder, middle + reach, shoulder + head * 2.4), head * 0.9, fill=255
    )
    torso = [(middle - reach, shoulder + head), (middle + reach, shoulder + head)]
    draw.polygon([*torso, (middle + head * 1.35, hip), (middle - head * 1.35, hip)], fill=255)
    for side in (-1, 1):
        arm = middle + side * head * 1.72
        draw.rounded_rectangle(
            (arm - head * 0.36, shoulder + head * 0.7, arm + head * 0.36, hip + head), head * 0.3, fill=255
        )
        leg = middle + side * head * 0.72
        draw.rounded_rectangle(
            (leg - head * 0.58, hip - head, leg + head * 0.58, height - 1), head * 0.3, fill=255
        )


def _bust(draw: ImageDraw.ImageDraw, middle: float, shoulder: float, head: float, height: int) -> None:
    reach = head * 2.35
    draw.ellipse((middle - reach, shoulder, middle + reach, shoulder + head * 3.6), fill=255)
    draw.rectangle((middle - reach, shoulder + head * 1.8, middle + reach, height), fill=255)
