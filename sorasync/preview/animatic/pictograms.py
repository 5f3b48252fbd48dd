"""Pictograms of the outline font Noto Emoji as pictures: dark lines over a filled shape."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sorasync.preview.animatic.brush import Brush
from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import brightness, mix

_INK: RGB = (40, 36, 44)
_WHITE: RGB = (255, 252, 246)
# The outside of a shape is found at this size: finer takes longer and shows nothing more.
_COARSE = 150
_WEIGHT = 400


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | None:
    """The font at a size; None where its package is missing."""
    try:
        path = files("manimgx_fonts").joinpath("NotoEmoji[wght].ttf")
        font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    except (ModuleNotFoundError, OSError):
        return None
    try:
        font.set_variation_by_axes([_WEIGHT])
    except (OSError, NotImplementedError):
        return font
    return font


@lru_cache(maxsize=96)
def draw_pictogram(sign: str, height: int, tint: RGB, ink: RGB | None = None) -> Image.Image | None:
    """A pictogram, `height` pixels tall, filled with a colour; None where there is no font or no such sign.

    Its lines are dark, or of the colour `ink`: people are all lines.
    """
    if sign in _BY_HAND:
        return _painted(sign, height, tint)
    lines = _lines(sign, height)
    if lines is None:
        return None
    dark = ink or (_INK if brightness(tint) > 0.15 else mix(tint, _WHITE, 0.5))
    picture = Image.new("RGBA", lines.size, (*dark, 0))
    picture.paste((*tint, 255), mask=_body(lines))
    picture.paste((*dark, 255), mask=lines)
    return picture


def _lines(sign: str, height: int) -> Image.Image | None:
    """The lines of a sign, cropped, at a height."""
    large = round(height * 1.25)
    font = _font(large)
    if font is None:
        return None
    sign = sign.split("\u200d")[0].replace("\ufe0f", "")
    mask = Image.new("L", (large * 2, large * 2), 0)
    ImageDraw.Draw(mask).text((large, large), sign, font=font, fill=255, anchor="mm")
    box = mask.getbbox()
    if box is None:
        return None
    cut = mask.crop((box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3))
    return cut.resize((max(2, round(cut.width * height / cut.height)), height), Image.Resampling.LANCZOS)


def _body(lines: Image.Image) -> Image.Image:
    """All that lies within the lines: what cannot be reached from the edge without crossing one."""
    share = min(1.0, _COARSE / max(lines.size))
    small = lines.resize((max(8, round(lines.width * share)), max(8, round(lines.height * share))))
    walls = np.pad(np.asarray(small) > 70, 1)
    outside = np.zeros_like(walls)
    outside[0, :] = outside[-1, :] = outside[:, 0] = outside[:, -1] = True
    reached = 0
    while reached != (reached := int(outside.sum())):
        for _ in range(8):
            outside[1:] |= outside[:-1]
            outside[:-1] |= outside[1:]
            outside[:, 1:] |= outside[:, :-1]
            outside[:, :-1] |= outside[:, 1:]
            outside &= ~walls
    body = Image.fromarray(np.where(outside[1:-1, 1:-1], 0, 255).astype(np.uint8))
    return body.filter(ImageFilter.MinFilter(3)).resize(lines.size, Image.Resampling.BILINEAR)


def _painted(sign: str, height: int, tint: RGB) -> Image.Image:
    """What no pictogram shows well, or only with a background of its own."""
    paint, shape = _BY_HAND[sign]
    key: RGB = (1, 255, 2)
    brush = Brush(round(height * 2 * shape), height * 2, key)
    paint(brush, tint)
    solid = Image.fromarray(((np.asarray(brush.picture) != key).any(axis=2) * 255).astype(np.uint8))
    picture = brush.picture.convert("RGBA")
    picture.putalpha(solid)
    return picture.reduce(2)


def _lighthouse(brush: Brush, tint: RGB) -> None:
    wall, band = mix(tint, _WHITE, 0.5), (176, 62, 52)
    brush.shape([(0.36, 0.19), (0.64, 0.19), (0.78, 1), (0.22, 1)], _INK)
    brush.shape([(0.38, 0.19), (0.62, 0.19), (0.755, 0.993), (0.245, 0.993)], wall)
    for top in (0.34, 0.66):
        near, far = (top - 0.19) * 0.17, (top - 0.05) * 0.17
        brush.shape(
            [(0.38 - near, top), (0.62 + near, top), (0.62 + far, top + 0.14), (0.38 - far, top + 0.14)], band
        )
    brush.box(0.3, 0.16, 0.7, 0.2, _INK)
    brush.box(0.4, 0.07, 0.6, 0.16, (255, 226, 140))
    brush.shape([(0.36, 0.075), (0.5, 0.01), (0.64, 0.075)], band)


def _fireworks(brush: Brush, tint: RGB) -> None:
    colours: tuple[RGB, ...] = ((255, 196, 92), (255, 110, 110), (130, 200, 255))
    for burst, (x, y, reach) in enumerate(((0.36, 0.34, 0.32), (0.74, 0.24, 0.22), (0.68, 0.72, 0.25))):
        for ray in range(14):
            across, down = math.cos(ray * math.tau / 14), math.sin(ray * math.tau / 14)
            near, far = (
                (x + across * reach * 0.3, y + down * reach * 0.3),
                (x + across * reach, y + down * reach),
            )
            brush.line([near, far], 0.014, colours[burst])
            brush.disc(*far, 0.014, colours[burst])


def _bridge(brush: Brush, tint: RGB) -> None:
    brush.box(0, 0.72, 1, 0.8, _INK)
    for left in (0.2, 0.72):
        brush.box(left, 0.04, left + 0.025, 1, _INK)
        brush.box(left + 0.05, 0.04, left + 0.075, 1, _INK)
        for top in (0.1, 0.34, 0.56):
            brush.box(left, top, left + 0.075, top + 0.04, _INK)
    for start, stop, sag in ((0.2375, 0.7575, 0.58), (-0.28, 0.2375, 0.58), (0.7575, 1.28, 0.58)):
        steps = [
            (start + (stop - start) * step / 20, 0.06 + sag * 4 * step / 20 * (1 - step / 20))
            for step in range(21)
        ]
        brush.line(steps, 0.018, _INK)
        for x, y in steps[1:-1]:
            brush.line([(x, y), (x, 0.73)], 0.006, _INK)
    brush.box(0, 0.735, 1, 0.77, tint)


def _hot_air_balloon(brush: Brush, tint: RGB) -> None:
    brush.shape([(0.08, 0.4), (0.92, 0.4), (0.6, 0.8), (0.4, 0.8)], _INK)
    brush.disc(0.5, 0.36, 0.47, _INK)
    brush.shape([(0.12, 0.44), (0.88, 0.44), (0.585, 0.785), (0.415, 0.785)], tint)
    brush.disc(0.5, 0.36, 0.445, tint)
    stripe = mix(tint, (176, 62, 52), 0.7)
    brush.shape(
        [(0.36, 0.06), (0.64, 0.06), (0.66, 0.44), (0.56, 0.785), (0.44, 0.785), (0.34, 0.44)], stripe
    )
    for side in (0.42, 0.58):
        brush.line([(side, 0.78), (side, 0.9)], 0.006, _INK)
    brush.box(0.38, 0.88, 0.62, 1.0, _INK)
    brush.box(0.4, 0.895, 0.6, 0.985, (150, 110, 70))


# Painters with the shape of what they paint, width through height.
_BY_HAND: dict[str, tuple[Callable[[Brush, RGB], None], float]] = {
    "lighthouse": (_lighthouse, 0.4),
    "hot-air-balloon": (_hot_air_balloon, 0.72),
    "🎆": (_fireworks, 1.0),
    "🌉": (_bridge, 2.4),
}


def draw_box(height: int, width: int, label: str, face: ImageFont.FreeTypeFont | None) -> Image.Image:
    """A neutral box for what nobody knows, with its name on it unless there is to be no text."""
    picture = Image.new("RGBA", (width, height), (150, 152, 156, 255))
    draw = ImageDraw.Draw(picture)
    pen = max(2, height // 60)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(*_INK, 255), width=pen)
    draw.line((0, 0, width, height), fill=(128, 130, 134, 255), width=pen)
    draw.line((0, height, width, 0), fill=(128, 130, 134, 255), width=pen)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(*_INK, 255), width=pen)
    if face is not None and label:
        _write_on(picture, label, face)
    return picture


def _write_on(picture: Image.Image, label: str, face: ImageFont.FreeTypeFont) -> None:
    rows = label.split()
    step = face.size * 1.15
    draw = ImageDraw.Draw(picture)
    top = picture.height / 2 - step * len(rows) / 2
    wide = max(face.getlength(row) for row in rows)
    box = (
        picture.width / 2 - wide / 2 - 6,
        top - 4,
        picture.width / 2 + wide / 2 + 6,
        top + step * len(rows) + 4,
    )
    draw.rectangle(box, fill=(214, 214, 216, 255))
    for number, row in enumerate(rows):
        draw.text(
            (picture.width / 2, top + step * (number + 0.5)), row, font=face, fill=(*_INK, 255), anchor="mm"
        )
