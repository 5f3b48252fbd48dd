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
# A sign of which lines cover more than this part has no inside to fill.
_SOLID = 0.8


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
    body = _body(lines)
    if ink is None and _is_solid(lines, body):
        # Nearly all line: the lines are its colour, and what they leave open is dark.
        dark, tint = tint, dark
    picture = Image.new("RGBA", lines.size, (*dark, 0))
    picture.paste((*tint, 255), mask=body)
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


def _is_solid(lines: Image.Image, body: Image.Image) -> bool:
    """Whether the lines of a sign fill nearly all of its shape."""
    drawn = np.asarray(lines) > 127
    return bool(drawn.sum() > _SOLID * (drawn | (np.asarray(body) > 127)).sum())


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


def _pan(brush: Brush, tint: RGB) -> None:
    brush.box(0.5, 0.42, 1.0, 0.58, _INK, 0.08)
    brush.disc(0.36, 0.5, 0.49, _INK)
    brush.disc(0.36, 0.5, 0.43, (92, 92, 98))
    brush.disc(0.36, 0.5, 0.36, (74, 74, 80))


def _smoke(brush: Brush, tint: RGB) -> None:
    puffs = ((0.5, 0.93, 0.06), (0.44, 0.8, 0.1), (0.56, 0.66, 0.13), (0.42, 0.48, 0.16), (0.56, 0.26, 0.2))
    for number, (x, y, radius) in enumerate(puffs):
        brush.disc(x, y, radius * 1.6, mix(tint, _INK, 0.18))
        brush.disc(x, y - 0.008, radius * 1.5, mix(tint, _WHITE, 0.1 * number))


def _iceberg(brush: Brush, tint: RGB) -> None:
    rim = [
        (0.0, 1),
        (0.1, 0.62),
        (0.24, 0.5),
        (0.36, 0.06),
        (0.52, 0.3),
        (0.62, 0.22),
        (0.84, 0.66),
        (1.0, 1),
    ]
    brush.shape(rim, _INK)
    inner = [
        (0.03, 1),
        (0.125, 0.64),
        (0.26, 0.525),
        (0.37, 0.12),
        (0.52, 0.34),
        (0.61, 0.27),
        (0.82, 0.68),
        (0.97, 1),
    ]
    brush.shape(inner, tint)
    brush.shape([(0.37, 0.12), (0.46, 1), (0.03, 1), (0.125, 0.64), (0.26, 0.525)], mix(tint, _WHITE, 0.6))


def _waterfall(brush: Brush, tint: RGB) -> None:
    rock: RGB = (112, 104, 98)
    brush.shape([(0.0, 1), (0.04, 0.05), (0.3, 0.0), (0.36, 1)], rock)
    brush.shape([(0.64, 1), (0.7, 0.0), (0.96, 0.05), (1.0, 1)], rock)
    brush.box(0.28, 0.02, 0.72, 0.96, tint)
    for x in (0.34, 0.42, 0.5, 0.58, 0.66):
        brush.line([(x, 0.04), (x, 0.94)], 0.018, mix(tint, _WHITE, 0.6))
    for x in (0.26, 0.38, 0.5, 0.62, 0.74):
        brush.disc(x, 0.93, 0.09, mix(tint, _WHITE, 0.75))


def _blackboard(brush: Brush, tint: RGB) -> None:
    brush.box(0, 0, 1, 0.94, (132, 98, 64))
    brush.box(0.02, 0.04, 0.98, 0.9, tint)
    brush.box(0.04, 0.94, 0.96, 1, _INK)
    for row, long in ((0.24, 0.5), (0.4, 0.68), (0.56, 0.36)):
        brush.line([(0.12, row), (0.12 + long, row)], 0.02, mix(tint, _WHITE, 0.55))


def _street_lamp(brush: Brush, tint: RGB) -> None:
    brush.box(0.42, 0.12, 0.58, 1, _INK)
    brush.box(0.26, 0.96, 0.74, 1, _INK)
    brush.shape([(0.12, 0.04), (0.88, 0.04), (0.74, 0.2), (0.26, 0.2)], _INK)
    brush.shape([(0.2, 0.06), (0.8, 0.06), (0.69, 0.185), (0.31, 0.185)], tint)
    brush.shape([(0.06, 0.045), (0.5, 0.0), (0.94, 0.045)], _INK)


def _submarine(brush: Brush, tint: RGB) -> None:
    for grow, colour in ((0.02, _INK), (0.0, tint)):
        brush.box(0.06 - grow / 3, 0.4 - grow, 0.88 + grow / 3, 0.92 + grow, colour, 0.26)
        brush.box(0.4 - grow / 3, 0.18 - grow, 0.56 + grow / 3, 0.5, colour, 0.04)
        brush.shape([(0.86, 0.6), (0.99, 0.46 - grow), (0.99, 0.86 + grow), (0.86, 0.72)], colour)
    brush.line([(0.47, 0.18), (0.47, 0.02), (0.41, 0.02)], 0.05, _INK)
    for x in (0.2, 0.34, 0.48, 0.62):
        brush.disc(x, 0.64, 0.07, _INK)
        brush.disc(x, 0.64, 0.045, (236, 220, 150))


def _pedestal(brush: Brush, tint: RGB) -> None:
    for left, top, right, low in ((0.0, 0.0, 1.0, 0.14), (0.14, 0.12, 0.86, 0.9), (0.0, 0.86, 1.0, 1.0)):
        brush.box(left, top, right, low, _INK)
        brush.box(left + 0.03, top + 0.02, right - 0.03, low - 0.02, tint)
    for x in (0.32, 0.5, 0.68):
        brush.box(x - 0.02, 0.18, x + 0.02, 0.84, mix(tint, _INK, 0.18))


def _string_lights(brush: Brush, tint: RGB) -> None:
    steps = [(step / 24, 0.12 + 2.6 * (step / 24) * (1 - step / 24)) for step in range(25)]
    brush.line(steps, 0.05, _INK)
    for x, y in steps[1:-1:2]:
        brush.disc(x, y + 0.14, 0.11, tint)


def _stairs(brush: Brush, tint: RGB) -> None:
    for step in range(7):
        left, top = step / 7, 1 - (step + 1) / 7
        brush.box(left, top, 1.0, 1.0, _INK)
        brush.box(left + 0.012, top + 0.012, 1.0, 1.0, mix(tint, _INK, 0.06 * (step % 2)))


def _brick_wall(brush: Brush, tint: RGB) -> None:
    brush.box(0, 0, 1, 1, mix(tint, _WHITE, 0.35))
    for row in range(8):
        for column in range(-1, 8):
            left = (column + 0.5 * (row % 2)) / 7
            shade = mix(tint, _INK, 0.08 * ((row * 3 + column * 5) % 4))
            if left < 1 and left + 0.13 > 0:
                brush.box(max(0.0, left), row / 8, min(1.0, left + 0.13), (row + 0.85) / 8, shade)


def _fence(brush: Brush, tint: RGB) -> None:
    for row in (0.36, 0.72):
        brush.box(0, row, 1, row + 0.1, mix(tint, _INK, 0.35))
    for post in range(9):
        left = 0.01 + post * 0.11
        brush.shape(
            [(left, 1), (left, 0.14), (left + 0.04, 0.0), (left + 0.08, 0.14), (left + 0.08, 1)], tint
        )


def _table(brush: Brush, tint: RGB) -> None:
    for left in (0.06, 0.86):
        brush.box(left, 0.1, left + 0.08, 1, mix(tint, _INK, 0.35))
    brush.box(0, 0, 1, 0.2, _INK)
    brush.box(0.008, 0.03, 0.992, 0.17, tint)


def _fireplace(brush: Brush, tint: RGB) -> None:
    brush.box(0.04, 0.12, 0.96, 1, mix(tint, _INK, 0.15))
    brush.box(0, 0, 1, 0.14, _INK)
    brush.box(0.01, 0.02, 0.99, 0.12, tint)
    brush.box(0.22, 0.34, 0.78, 1, _INK)
    for left, top, right, colour in ((0.3, 0.5, 0.7, (232, 130, 50)), (0.39, 0.66, 0.61, (255, 206, 96))):
        middle = (left + right) / 2
        brush.shape([(left, 0.96), (left, 0.8), (middle, top), (right, 0.8), (right, 0.96)], colour)


def _drone(brush: Brush, tint: RGB) -> None:
    for left, right in ((0.02, 0.38), (0.62, 0.98)):
        brush.box(left, 0.08, right, 0.18, _INK, 0.05)
        middle = (left + right) / 2
        brush.box(middle - 0.02, 0.12, middle + 0.02, 0.5, _INK)
        brush.line([(middle, 0.48), (0.5, 0.55)], 0.1, _INK)
    brush.box(0.34, 0.38, 0.66, 0.76, _INK, 0.12)
    brush.box(0.36, 0.42, 0.64, 0.72, tint, 0.1)
    brush.disc(0.5, 0.82, 0.14, _INK)


def _bare_tree(brush: Brush, tint: RGB) -> None:
    brush.shape([(0.44, 0.3), (0.56, 0.3), (0.62, 1), (0.38, 1)], tint)
    limbs = (
        (0.5, 0.4, 0.16, 0.12, 0.05), (0.5, 0.34, 0.84, 0.08, 0.05), (0.5, 0.34, 0.5, 0.0, 0.05),
        (0.32, 0.25, 0.1, 0.26, 0.03), (0.68, 0.2, 0.92, 0.24, 0.03), (0.32, 0.25, 0.34, 0.04, 0.03),
        (0.68, 0.2, 0.66, 0.02, 0.03), (0.48, 0.56, 0.22, 0.42, 0.04), (0.52, 0.6, 0.8, 0.44, 0.04),
    )  # fmt: skip
    for x, y, to_x, to_y, wide in limbs:
        brush.line([(x, y), (to_x, to_y)], wide, tint)


def _tobacco_pipe(brush: Brush, tint: RGB) -> None:
    wood: RGB = (112, 70, 44)
    brush.line([(0.28, 0.82), (0.6, 0.72), (0.98, 0.3)], 0.1, _INK)
    brush.box(0.03, 0.3, 0.37, 0.98, _INK, 0.14)
    brush.box(0.06, 0.34, 0.34, 0.94, wood, 0.12)


# Painters with the shape of what they paint, width through height.
_BY_HAND: dict[str, tuple[Callable[[Brush, RGB], None], float]] = {
    "lighthouse": (_lighthouse, 0.4),
    "hot-air-balloon": (_hot_air_balloon, 0.72),
    "🎆": (_fireworks, 1.0),
    "🌉": (_bridge, 2.4),
    "pan": (_pan, 1.4),
    "bare-tree": (_bare_tree, 0.9),
    "drone": (_drone, 2.0),
    "fireplace": (_fireplace, 1.15),
    "stairs": (_stairs, 1.5),
    "wall": (_brick_wall, 2.2),
    "fence": (_fence, 3.2),
    "table": (_table, 2.2),
    "pedestal": (_pedestal, 0.9),
    "string-lights": (_string_lights, 7.0),
    "smoke": (_smoke, 0.7),
    "iceberg": (_iceberg, 1.5),
    "waterfall": (_waterfall, 0.8),
    "blackboard": (_blackboard, 1.8),
    "street-lamp": (_street_lamp, 0.24),
    "submarine": (_submarine, 2.6),
    "pipe": (_tobacco_pipe, 1.3),
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
