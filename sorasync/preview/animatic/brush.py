"""Drawing on a backdrop in parts of its size, so that every set works at every shape."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import RGB

Point = tuple[float, float]


class Brush:
    """Shapes on a picture: x and y from 0 to 1 over width and height, sizes as parts of the shorter side."""

    def __init__(self, width: int, height: int, colour: RGB) -> None:
        self.picture = Image.new("RGB", (width, height), colour)
        self._draw = ImageDraw.Draw(self.picture)
        self._width, self._height, self._short = width, height, min(width, height)

    @property
    def aspect(self) -> float:
        """Width through height."""
        return self._width / self._height

    def gradient(self, top: RGB, bottom: RGB, until: float = 1.0) -> None:
        """Fill from the upper edge down to `until` with one colour turning into the other."""
        self.slope(top, bottom, 0.0, until)

    def slope(self, top: RGB, bottom: RGB, start: float, stop: float) -> None:
        """Fill the full width from `start` to `stop` with one colour turning into the other."""
        first, last = round(start * self._height), round(stop * self._height)
        column = Image.new("RGB", (1, 2))
        column.putpixel((0, 0), top)
        column.putpixel((0, 1), bottom)
        ramp = column.resize((1, max(1, last - first)), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
        self.picture.paste(ramp.resize((self._width, ramp.height), Image.Resampling.NEAREST), (0, first))

    def oval(self, x: float, y: float, wide: float, high: float, colour: RGB) -> None:
        """A filled ellipse of half a width and half a height, both in parts of the shorter side."""
        middle, level = x * self._width, y * self._height
        across, down = wide * self._short, high * self._short
        self._draw.ellipse((middle - across, level - down, middle + across, level + down), fill=colour)

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: RGB, round_by: float = 0
    ) -> None:
        """A filled rectangle; nothing when it is thinner than a pixel."""
        x0, x1 = round(left * self._width), round(right * self._width)
        y0, y1 = round(top * self._height), round(bottom * self._height)
        if x1 <= x0 or y1 <= y0:
            return
        self._draw.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), round_by * self._short, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """A filled circle."""
        size = radius * self._short
        middle, level = x * self._width, y * self._height
        self._draw.ellipse((middle - size, level - size, middle + size, level + size), fill=colour)

    def ring(self, x: float, y: float, radius: float, thickness: float, colour: RGB) -> None:
        """A circle's outline."""
        size = radius * self._short
        middle, level = x * self._width, y * self._height
        edges = (middle - size, level - size, middle + size, level + size)
        self._draw.ellipse(edges, outline=colour, width=max(1, round(thickness * self._short)))

    def shape(self, points: list[Point], colour: RGB) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * self._width, y * self._height) for x, y in points], fill=colour)

    def line(self, points: list[Point], thickness: float, colour: RGB) -> None:
        """A line through points."""
        scaled = [(x * self._width, y * self._height) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, round(thickness * self._short)), joint="curve")

    def ridge(self, level: float, swell: float, phase: float, colour: RGB, waves: float = 1.0) -> None:
        """Everything below a wavy line around `level`."""
        points: list[Point] = [(0, 1.01)]
        for step in range(65):
            x = step / 64
            wave = math.sin(waves * 5.1 * x + phase) + 0.5 * math.sin(waves * 11.7 * x + phase * 2.3)
            points.append((x, level + swell * wave * 0.6))
        self.shape([*points, (1, 1.01)], colour)
