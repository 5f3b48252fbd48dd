"""Shapes, colours and light, in units of the finished frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 720
OVERSAMPLE = 2
# Length of a clip; every motion ends where it began.
SECONDS = 3


Point = tuple[float, float]
RGB = tuple[int, int, int]

INK: RGB = (38, 30, 34)
WHITE: RGB = (255, 251, 243)


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """`share` of the second colour in the first, 0 to 1."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def gradient(top: RGB, bottom: RGB) -> Image.Image:
    """A frame that goes from one colour at the top to another at the bottom."""
    share = np.linspace(0, 1, HEIGHT * OVERSAMPLE)[:, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    column = np.round(rows).astype(np.uint8)[:, None, :]
    return Image.fromarray(np.repeat(column, WIDTH * OVERSAMPLE, axis=1))


def path(points: str) -> list[Point]:
    """Points written as `x,y x,y`."""
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def spline(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """A closed smooth curve through all points."""
    count = len(points)
    curve: list[Point] = []
    for index in range(count):
        a, b, c, d = (points[(index + shift) % count] for shift in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            x, y = (
                0.5
                * (
                    2 * b[axis]
                    + (c[axis] - a[axis]) * t
                    + (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t**2
                    + (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t**3
                )
                for axis in (0, 1)
            )
            curve.append((x, y))
    return curve


def turned(points: Iterable[Point], around: Point, degrees: float) -> list[Point]:
    """The points turned clockwise."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = around
    return [(cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos) for x, y in points]


def oval(x: float, y: float, wide: float, high: float, count: int = 40) -> list[Point]:
    """An ellipse as points."""
    return [
        (x + wide * math.cos(math.tau * i / count), y + high * math.sin(math.tau * i / count))
        for i in range(count)
    ]


class Pen:
    """Draws in units of the finished frame on an oversampled picture.

    `bend` is applied to every point, so that a whole head can be turned.
    """

    def __init__(
        self, picture: Image.Image, bend: Callable[[list[Point]], list[Point]] | None = None
    ) -> None:
        self.picture = picture
        self.bend = bend or (lambda points: points)

    def _scaled(self, points: Iterable[Point]) -> list[Point]:
        return [(x * OVERSAMPLE, y * OVERSAMPLE) for x, y in self.bend(list(points))]

    def fill(self, points: Iterable[Point], colour: RGB) -> None:
        """A plain shape."""
        ImageDraw.Draw(self.picture).polygon(self._scaled(points), fill=colour)

    def stroke(self, points: Iterable[Point], colour: RGB, width: float) -> None:
        """A line with round ends."""
        scaled, thick = self._scaled(points), width * OVERSAMPLE
        draw = ImageDraw.Draw(self.picture)
        draw.line(scaled, fill=colour, width=round(thick), joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=colour)

    def shaded(self, points: Sequence[Point], colour: RGB, shade: RGB, shift: Point = (-14, -16)) -> None:
        """A shape with its shadow side away from the light, which comes from the upper left."""
        outline = self._scaled(points)
        left = max(0, math.floor(min(x for x, _ in outline)) - 2)
        top = max(0, math.floor(min(y for _, y in outline)) - 2)
        right = math.ceil(max(x for x, _ in outline)) + 2
        bottom = math.ceil(max(y for _, y in outline)) + 2
        if right <= left or bottom <= top:
            return
        mask, lit = (Image.new("L", (right - left, bottom - top), 0) for _ in range(2))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in outline], fill=255)
        dx, dy = shift[0] * OVERSAMPLE - left, shift[1] * OVERSAMPLE - top
        ImageDraw.Draw(lit).polygon([(x + dx, y + dy) for x, y in outline], fill=255)
        soft = lit.filter(ImageFilter.BoxBlur(5 * OVERSAMPLE))
        self.picture.paste(shade, (left, top), mask)
        self.picture.paste(colour, (left, top), ImageChops.multiply(mask, soft))


def glow(picture: Image.Image, x: float, y: float, radius: float, colour: RGB, strength: float) -> None:
    """A soft round light."""
    size = round(radius * 2 * OVERSAMPLE)
    rows, columns = np.mgrid[0:size, 0:size] / (size - 1) * 2 - 1
    fall = np.clip(1 - np.hypot(rows, columns), 0, 1) ** 1.7 * strength * 255
    mask = Image.fromarray(fall.astype(np.uint8))
    picture.paste(colour, (round((x - radius) * OVERSAMPLE), round((y - radius) * OVERSAMPLE)), mask)
