"""Draw the reference media of the example library: two character clips and one first frame.

Run by hand, from the root of the repository, when a drawing is to change: what it writes is in git.
The same versions of PyAV, Pillow and numpy give the same bytes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT, FPS, SECONDS = 1280, 720, 24, 3
OVERSAMPLE = 2
OUT = Path(__file__).resolve().parent.parent / "manifests" / "refs"

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


# Mossy, a small round creature of moss with a daisy on its head.

MOSS: RGB = (124, 148, 66)
MOSS_DARK: RGB = (84, 106, 44)
MOSS_DEEP: RGB = (58, 76, 34)
MOSS_LIGHT: RGB = (168, 188, 96)


def moss_backdrop() -> Image.Image:
    """A clearing in soft light."""
    picture = gradient((226, 232, 206), (250, 240, 214))
    pen, chance = Pen(picture), Random(4)
    for _ in range(16):
        x, y, radius = chance.uniform(0, WIDTH), chance.uniform(0, 330), chance.uniform(28, 90)
        pen.fill(oval(x, y, radius, radius), mix((226, 232, 206), MOSS_LIGHT, chance.uniform(0.1, 0.4)))
    for x, width in ((90, 34), (250, 20), (1050, 26), (1200, 40)):
        pen.fill(
            [(x - width, 620), (x - width * 0.7, 0), (x + width * 0.7, 0), (x + width, 620)], (186, 188, 152)
        )
    picture = picture.filter(ImageFilter.GaussianBlur(9 * OVERSAMPLE))
    pen = Pen(picture)
    hill = [(x, 606 + 22 * math.cos((x - 640) / 330)) for x in range(-20, WIDTH + 21, 20)]
    pen.fill([*hill, (WIDTH + 20, 740), (-20, 740)], (150, 166, 88))
    for _ in range(120):
        x, y = chance.uniform(0, WIDTH), chance.uniform(625, 715)
        blade = chance.uniform(8, 20)
        pen.stroke([(x, y), (x + chance.uniform(-5, 5), y - blade)], chance.choice((MOSS, MOSS_DARK)), 2.5)
    pen.fill(oval(640, 640, 240, 26), (112, 130, 66))
    return picture


def mossy(picture: Image.Image, time: float) -> None:
    """Mossy bounces, waves and blinks; after three seconds it stands as it began."""
    phase = math.tau * time / SECONDS
    hop = abs(math.sin(phase * 1.5))
    squash = 1 - 0.05 * math.cos(phase * 3)
    base = 636 - 16 * hop
    wide, high = 196 / squash**0.5, 208 * squash
    middle = base - high
    pen = Pen(picture)
    for side in (-1, 1):
        pen.shaded(oval(640 + side * 84, base + 4, 58, 27), MOSS_DARK, MOSS_DEEP, (-6, -8))
    _mossy_arm(pen, 640 - wide * 0.9, middle + 44, 22 + 6 * math.sin(phase * 3), -1)
    _mossy_arm(pen, 640 + wide * 0.9, middle + 6, -142 + 22 * math.sin(phase * 6), 1)
    pen.shaded(_furry(640, middle, wide, high, phase), MOSS, MOSS_DARK, (-24, -26))
    pen.fill(
        spline(oval(640, middle + high * 0.42, wide * 0.56, high * 0.44, 12)), mix(MOSS, MOSS_LIGHT, 0.62)
    )
    _tufts(pen, middle, wide, high)
    _mossy_face(pen, middle, phase)
    _daisy(pen, 640 + 10, middle - high + 12, 9 * math.sin(phase * 3 + 0.6))


def _furry(x: float, y: float, wide: float, high: float, phase: float) -> list[Point]:
    """A round body whose outline is cut into short tufts."""
    count, points = 46, []
    for index in range(count * 2):
        angle = math.tau * index / (count * 2)
        tuft = 1.0 if index % 2 else 1.055 + 0.014 * math.sin(index * 2.3 + phase * 3)
        lean = 0.025 if index % 2 == 0 else 0
        points.append((x + wide * tuft * math.cos(angle + lean), y + high * tuft * math.sin(angle + lean)))
    return points


def _tufts(pen: Pen, middle: float, wide: float, high: float) -> None:
    """Short strokes of lighter and darker moss all over the body."""
    chance = Random(9)
    for _ in range(64):
        angle, far = chance.uniform(0, math.tau), chance.uniform(0.62, 0.95)
        x, y = 640 + wide * far * math.cos(angle), middle + high * far * math.sin(angle)
        colour = MOSS_LIGHT if y < middle and x < 690 else MOSS_DARK
        pen.stroke([(x - 6, y - 5), (x, y + 3), (x + 6, y - 5)], mix(MOSS, colour, 0.75), 3)


def _mossy_arm(pen: Pen, x: float, y: float, degrees: float, side: int) -> None:
    arm = spline([(x - 29, y), (x - 26, y + 60), (x, y + 108), (x + 26, y + 60), (x + 29, y), (x, y - 20)])
    pen.shaded(turned(arm, (x, y), side * -degrees if side < 0 else degrees), MOSS, MOSS_DARK, (-8, -8))


def _mossy_face(pen: Pen, middle: float, phase: float) -> None:
    blink = max(0.06, 1 - max(0.0, 1 - abs(math.remainder(phase - 3.6, math.tau)) * 7))
    look = 8 * math.sin(phase)
    for side in (-1, 1):
        x, y = 640 + side * 70, middle - 34
        pen.fill(oval(640 + side * 128, middle + 30, 27, 15), (216, 150, 108))
        if blink < 0.4:
            lid = [(x + t * 40, y + 14 * (1 - t * t)) for t in np.linspace(-1, 1, 13)]
            pen.stroke(lid, MOSS_DEEP, 7)
            continue
        pen.fill(oval(x, y, 47, 51 * blink), WHITE)
        pen.fill(oval(x + look, y + 3, 29, 33 * blink), INK)
        pen.fill(oval(x + look - 9, y - 9, 10, 10 * blink), WHITE)
        pen.fill(oval(x + look + 10, y + 13, 5, 5 * blink), (196, 190, 170))
    smile = [(640 + t * 38, middle + 40 + 20 * (1 - t * t)) for t in np.linspace(-1, 1, 15)]
    pen.fill([*smile, (640 + 38, middle + 40), (640 - 38, middle + 40)], (96, 44, 40))
    tongue = oval(642, middle + 53, 15, 6)
    pen.fill(tongue, (222, 118, 102))
    pen.stroke(smile, MOSS_DEEP, 5)


def _daisy(pen: Pen, x: float, y: float, sway: float) -> None:
    head = turned([(x, y - 82)], (x, y), sway)[0]
    pen.stroke([(x, y), turned([(x + 4, y - 42)], (x, y), sway * 0.6)[0], head], MOSS_DEEP, 8)
    for side in (-1, 1):
        leaf = [(x, y - 12), (x + side * 36, y - 44), (x + side * 66, y - 40), (x + side * 42, y - 14)]
        pen.shaded(turned(spline(leaf), (x, y), sway * 0.5), MOSS_LIGHT, MOSS_DARK, (-4, -5))
    for petal in range(9):
        whole = oval(head[0], head[1] - 25, 10, 17)
        pen.shaded(turned(whole, head, petal * 40 + sway), WHITE, (222, 214, 200), (-3, -3))
    pen.shaded(oval(*head, 16, 16), (242, 190, 66), (206, 142, 34), (-4, -4))


# Fennel, a fox who carries the post.

FUR: RGB = (222, 116, 50)
FUR_DARK: RGB = (172, 78, 34)
CREAM: RGB = (255, 238, 214)
CREAM_DARK: RGB = (228, 198, 164)
COAT: RGB = (46, 74, 116)
COAT_DARK: RGB = (30, 48, 82)
BRASS: RGB = (232, 184, 84)
LEATHER: RGB = (138, 86, 50)


def fox_backdrop() -> Image.Image:
    """A quay in the evening, out of focus."""
    picture = gradient((112, 128, 168), (250, 200, 158))
    pen, chance = Pen(picture), Random(12)
    x = -40.0
    while x < WIDTH:
        width, top = chance.uniform(90, 170), chance.uniform(250, 390)
        wall = mix((112, 96, 136), (196, 140, 136), chance.random() * 0.6)
        pen.fill([(x, 640), (x, top), (x + width / 2, top - 56), (x + width, top), (x + width, 640)], wall)
        for row in range(3):
            window = (x + width * 0.3, top + 34 + row * 66)
            pen.fill(
                [
                    window,
                    (window[0] + 30, window[1]),
                    (window[0] + 30, window[1] + 38),
                    (window[0], window[1] + 38),
                ],
                (255, 214, 130),
            )
        x += width + chance.uniform(4, 20)
    picture = picture.filter(ImageFilter.GaussianBlur(8 * OVERSAMPLE))
    pen = Pen(picture)
    pen.fill([(-10, 640), (WIDTH + 10, 640), (WIDTH + 10, 740), (-10, 740)], (124, 92, 92))
    for row in range(4):
        y = 642 + row * row * 9
        pen.stroke([(-10, y), (WIDTH + 10, y)], (104, 74, 78), 3)
    return picture


def fennel(picture: Image.Image, time: float) -> None:
    """Fennel wags, tilts the head and lifts a letter; after three seconds all is as it began."""
    phase = math.tau * time / SECONDS
    breath = 4 * math.sin(phase * 2)
    pen = Pen(picture)
    pen.fill(oval(640, 706, 250, 20), (96, 68, 74))
    _tail(pen, 10 * math.sin(phase * 3))
    _coat(pen, breath)
    _letter_arm(pen, 12 * math.sin(phase * 2 + 0.5), breath)
    tilt = 6 * math.sin(phase)
    lift = breath * 0.8
    head = Pen(picture, lambda points: turned([(x, y + lift) for x, y in points], (640, 430), tilt))
    _fox_head(head, phase)


def _tail(pen: Pen, wag: float) -> None:
    root = (552.0, 676.0)
    whole = [
        (552, 700),
        (450, 690),
        (352, 614),
        (318, 498),
        (352, 404),
        (398, 370),
        (428, 428),
        (446, 516),
        (500, 580),
        (580, 610),
    ]
    pen.shaded(turned(spline(whole), root, wag), FUR, FUR_DARK, (-18, -16))
    tip = [
        (334, 446),
        (352, 404),
        (398, 366),
        (426, 424),
        (432, 462),
        (412, 444),
        (394, 474),
        (372, 446),
        (352, 474),
    ]
    pen.shaded(turned(spline(tip, 4), root, wag), CREAM, CREAM_DARK, (-8, -8))


def _coat(pen: Pen, breath: float) -> None:
    body = [
        (640, 404 + breath),
        (722, 436 + breath),
        (778, 540 + breath / 2),
        (792, 706),
        (640, 718),
        (488, 706),
        (502, 540 + breath / 2),
        (558, 436 + breath),
    ]
    pen.shaded(spline(body), COAT, COAT_DARK, (-22, -18))
    for side in (-1, 1):
        pen.shaded(oval(640 + side * 78, 704, 62, 22), INK, INK)
    pen.stroke([(640, 470 + breath), (640, 700)], COAT_DARK, 4)
    for y in (530, 588, 646):
        pen.shaded(oval(660, y + breath / 2, 9, 9), BRASS, (178, 128, 44), (-3, -3))
    pen.stroke([(562, 452 + breath), (742, 616)], LEATHER, 17)
    pen.stroke([(560, 447 + breath), (742, 611)], mix(LEATHER, WHITE, 0.25), 3)
    bag = [(694, 590), (806, 582), (816, 672), (704, 684)]
    pen.shaded(bag, LEATHER, (98, 58, 34), (-10, -10))
    pen.shaded(
        [(690, 586), (808, 578), (802, 622), (750, 642), (698, 630)], (164, 106, 64), (116, 70, 42), (-6, -6)
    )
    pen.fill(oval(750, 628, 8, 8), BRASS)


def _letter_arm(pen: Pen, lift: float, breath: float) -> None:
    shoulder = (548.0, 482.0 + breath)
    arm = spline([(568, 464), (520, 486), (478, 552), (474, 600), (508, 612), (542, 578), (582, 522)])
    pen.shaded(turned(arm, shoulder, lift), COAT, COAT_DARK, (-8, -10))
    letter = [(398, 536), (506, 520), (516, 590), (408, 606)]
    pen.shaded(turned(letter, shoulder, lift), WHITE, CREAM_DARK, (-4, -4))
    flap = [(398, 536), (458, 574), (506, 520)]
    pen.stroke(turned(flap, shoulder, lift), (206, 182, 152), 4)
    pen.fill(turned(oval(458, 572, 13, 13), shoulder, lift), (186, 52, 48))
    pen.shaded(turned(oval(496, 600, 30, 25), shoulder, lift), (70, 46, 44), INK, (-6, -6))


def _fox_head(pen: Pen, phase: float) -> None:
    flick = 7 * max(0.0, math.sin(phase * 3)) ** 3
    for side in (-1, 1):
        ear = [(640 + side * x, y) for x, y in ((64, 240), (112, 118), (138, 98), (158, 130), (166, 288))]
        ear = turned(ear, (640 + side * 116, 250), flick if side > 0 else 0)
        pen.shaded(spline(ear, 8), FUR, FUR_DARK, (-8, -6))
        tip = [(640 + side * x, y) for x, y in ((104, 142), (134, 96), (160, 136), (138, 158))]
        pen.fill(turned(spline(tip, 8), (640 + side * 116, 250), flick if side > 0 else 0), INK)
        inner = [(640 + side * x, y) for x, y in ((92, 250), (124, 166), (138, 172), (146, 262))]
        pen.fill(turned(spline(inner, 8), (640 + side * 116, 250), flick if side > 0 else 0), (120, 62, 50))
    face = [
        (640, 206),
        (730, 224),
        (790, 300),
        (838, 372),
        (760, 408),
        (700, 446),
        (640, 470),
        (580, 446),
        (520, 408),
        (442, 372),
        (490, 300),
        (550, 224),
    ]
    pen.shaded(spline(face), FUR, FUR_DARK, (-20, -18))
    for side in (-1, 1):
        cheek = [
            (640 + side * x, y)
            for x, y in ((4, 372), (60, 346), (120, 356), (192, 374), (116, 404), (60, 442), (4, 464))
        ]
        pen.fill(spline(cheek, 8), CREAM if side < 0 else mix(CREAM, CREAM_DARK, 0.4))
    _fox_eyes(pen, phase)
    pen.shaded(
        spline([(640, 424), (612, 402), (618, 386), (640, 380), (662, 386), (668, 402)], 8),
        (62, 46, 52),
        INK,
        (-5, -5),
    )
    for side in (-1, 1):
        mouth = [
            (640 + side * 44 * t, 424 + 19 * math.sin(math.pi * min(1, t * 1.1)))
            for t in np.linspace(0, 1, 12)
        ]
        pen.stroke(mouth, INK, 4)
    _cap(pen)


def _fox_eyes(pen: Pen, phase: float) -> None:
    blink = max(0.07, 1 - max(0.0, 1 - abs(math.remainder(phase - 4.2, math.tau)) * 7))
    for side in (-1, 1):
        x, y = 640 + side * 78, 322
        pen.fill(oval(x, y, 27, 32 * blink), INK)
        if blink > 0.5:
            pen.fill(oval(x - 8, y - 11, 9, 9), WHITE)
            pen.fill(oval(x + 8, y + 12, 5, 5), (150, 120, 110))
        brow = [(x - 24, y - 48 + side * 6), (x, y - 56), (x + 24, y - 48 - side * 6)]
        pen.stroke(brow, FUR_DARK, 6)


def _cap(pen: Pen) -> None:
    crown = [(528, 238), (536, 168), (588, 128), (640, 120), (692, 128), (744, 168), (752, 238), (640, 224)]
    pen.shaded(spline(crown, 8), COAT, COAT_DARK, (-12, -12))
    band = [(524, 226), (640, 208), (756, 226), (758, 256), (640, 236), (522, 256)]
    pen.fill(spline(band, 8), COAT_DARK)
    visor = [(520, 250), (580, 238), (640, 234), (700, 238), (760, 250), (728, 272), (640, 262), (552, 272)]
    pen.shaded(spline(visor, 8), (58, 48, 56), INK, (-4, -6))
    pen.shaded(oval(640, 192, 24, 24), BRASS, (178, 128, 44), (-5, -5))
    envelope = [(626, 184), (654, 184), (654, 202), (626, 202)]
    pen.fill(envelope, WHITE)
    pen.stroke([(626, 184), (640, 194), (654, 184)], (178, 128, 44), 2.5)


# The first frame of the last scene.


def kitchen() -> Image.Image:
    """Mossy's kitchen before anybody comes in: window, table, kettle and two cups."""
    picture = gradient((74, 62, 66), (120, 88, 68))
    pen = Pen(picture)
    pen.fill([(0, 560), (WIDTH, 560), (WIDTH, HEIGHT), (0, HEIGHT)], (74, 50, 40))
    for x in range(-200, WIDTH + 400, 120):
        pen.stroke([(x, HEIGHT), (640 + (x - 640) * 0.62, 560)], (60, 40, 34), 4)
    _window(picture)
    _shelf(pen)
    _stove(picture)
    _table(pen)
    _lamp(picture)
    return picture


def _window(picture: Image.Image) -> None:
    pen = Pen(picture)
    pen.fill([(138, 96), (482, 96), (482, 436), (138, 436)], (96, 62, 44))
    for row in range(40):
        y = 112 + row * 7.7
        shade = mix((58, 70, 112), (226, 150, 120), row / 39)
        pen.fill([(154, y), (466, y), (466, y + 8.5), (154, y + 8.5)], shade)
    pen.fill(oval(384, 206, 30, 30), (255, 240, 204))
    pen.fill(
        [(154, 420), (154, 366), (230, 340), (300, 372), (380, 344), (466, 376), (466, 420)], (56, 56, 84)
    )
    pen.fill([(206, 344), (206, 300), (218, 286), (230, 300), (230, 344)], (240, 226, 206))
    pen.fill(oval(218, 302, 6, 6), (255, 208, 110))
    pen.stroke([(310, 112), (310, 420)], (96, 62, 44), 12)
    pen.stroke([(154, 262), (466, 262)], (96, 62, 44), 12)
    pen.shaded([(118, 428), (502, 428), (502, 454), (118, 454)], (140, 94, 62), (96, 62, 44), (0, -8))
    for side in (-1, 1):
        hem = [(310 + side * x, y) for x, y in ((30, 84), (204, 84), (208, 440), (168, 452), (146, 436))]
        edge = [(310 + side * x, y) for x, y in ((130, 320), (96, 190))]
        pen.shaded([*hem, *edge], (176, 92, 62), (128, 62, 46), (-10, 0))
        for x in (120, 150, 180):
            pen.stroke([(310 + side * (x - 14), 98), (310 + side * (x + 18), 430)], (146, 74, 52), 4)
    pen.stroke([(84, 84), (536, 84)], (60, 44, 44), 9)
    pen.shaded([(262, 386), (330, 386), (320, 430), (272, 430)], (198, 112, 74), (150, 78, 52), (-6, -4))
    for lean in (-26, -8, 12, 30):
        pen.stroke([(296, 388), (296 + lean * 0.6, 352), (296 + lean, 326)], (104, 136, 64), 7)


def _shelf(pen: Pen) -> None:
    pen.shaded([(576, 234), (846, 234), (846, 256), (576, 256)], (150, 104, 68), (100, 66, 46), (0, -8))
    jars = ((590, (232, 184, 84)), (652, (168, 188, 96)), (716, (214, 122, 84)), (784, (240, 226, 206)))
    for number, (x, colour) in enumerate(jars):
        high = 66 + 14 * (number % 2)
        jar = [
            (x - 24, 234),
            (x - 26, 234 - high * 0.7),
            (x - 16, 234 - high),
            (x + 16, 234 - high),
            (x + 26, 234 - high * 0.7),
            (x + 24, 234),
        ]
        pen.shaded(jar, colour, mix(colour, (60, 40, 36), 0.4), (-8, -4))
        pen.fill(
            [
                (x - 18, 234 - high - 12),
                (x + 18, 234 - high - 12),
                (x + 18, 234 - high),
                (x - 18, 234 - high),
            ],
            (112, 76, 52),
        )
    for x in (600, 680, 760):
        pen.stroke([(x, 256), (x, 276)], (100, 66, 46), 5)
        cup = [(x - 24, 276), (x + 24, 276), (x + 19, 324), (x - 19, 324)]
        pen.shaded(cup, (226, 208, 184), (170, 142, 120), (-8, -4))


def _stove(picture: Image.Image) -> None:
    pen = Pen(picture)
    pen.shaded([(900, 360), (1210, 360), (1210, 640), (900, 640)], (70, 66, 74), (44, 40, 48), (-26, -6))
    pen.fill([(884, 344), (1226, 344), (1226, 368), (884, 368)], (52, 48, 56))
    pen.fill([(950, 430), (1160, 430), (1160, 560), (950, 560)], (32, 26, 30))
    glow(picture, 1055, 500, 150, (255, 138, 54), 0.85)
    for x, high in ((1000, 50), (1040, 76), (1080, 62), (1118, 44)):
        flame = [(x - 20, 556), (x - 14, 530), (x, 556 - high), (x + 14, 530), (x + 20, 556)]
        pen.fill(spline(flame, 8), (255, 176, 72))
    pen.stroke([(1150, 344), (1150, -10)], (52, 48, 56), 46)
    body = [(985, 340), (970, 300), (990, 256), (1040, 240), (1092, 256), (1112, 300), (1096, 340)]
    pen.shaded(spline(body, 8), (206, 122, 66), (140, 76, 44), (-14, -12))
    pen.stroke([(1100, 310), (1136, 284), (1146, 262)], (170, 96, 54), 15)
    pen.stroke([(1000, 254), (1014, 206), (1066, 206), (1082, 254)], (60, 44, 44), 9)
    pen.shaded(oval(1041, 240, 17, 9), (60, 44, 44), INK)
    for number in range(3):
        glow(
            picture,
            1152 + 14 * number,
            232 - 38 * number,
            34 + 9 * number,
            (255, 244, 226),
            0.34 - 0.07 * number,
        )


def _table(pen: Pen) -> None:
    for x in (236, 812):
        pen.shaded(
            [(x - 16, 590), (x + 16, 590), (x + 12, 720), (x - 12, 720)], (120, 78, 50), (84, 52, 36), (-8, 0)
        )
    pen.shaded([(180, 566), (868, 566), (892, 606), (156, 606)], (178, 122, 78), (136, 88, 56), (0, -14))
    for x in (372, 640):
        pen.shaded(oval(x, 566, 62, 11), (240, 226, 206), (190, 166, 144), (-4, -3))
        cup = [(x - 36, 512), (x + 36, 512), (x + 27, 564), (x - 27, 564)]
        pen.stroke([(x + 34, 522), (x + 56, 528), (x + 52, 548), (x + 30, 552)], (190, 204, 140), 8)
        pen.shaded(cup, (190, 204, 140), (128, 142, 84), (-12, -4))
        pen.fill(oval(x, 512, 36, 8), (96, 62, 44))
    pen.shaded(spline(oval(506, 548, 46, 22, 10)), (214, 152, 88), (160, 102, 58), (-8, -8))


def _lamp(picture: Image.Image) -> None:
    pen = Pen(picture)
    pen.stroke([(700, -10), (700, 46)], (46, 34, 34), 5)
    glow(picture, 700, 190, 470, (255, 190, 100), 0.42)
    pen.shaded(
        spline([(700, 30), (742, 54), (784, 102), (700, 112), (616, 102), (658, 54)], 8),
        (206, 122, 66),
        (146, 80, 48),
        (-12, -6),
    )
    pen.fill(oval(700, 106, 34, 10), (255, 240, 200))


# Files.


def write_clip(path: Path, backdrop: Image.Image, figure: Callable[[Image.Image, float], None]) -> None:
    """Write the figure before its backdrop as an H.264 MP4 of `SECONDS` at the common size."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"crf": "26", "preset": "veryslow", "threads": "1"}
        stream.thread_count = 1
        for number in range(FPS * SECONDS):
            picture = backdrop.copy()
            figure(picture, number / FPS)
            frame = av.VideoFrame.from_image(picture.reduce(OVERSAMPLE))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> int:
    """Write all three files."""
    OUT.mkdir(parents=True, exist_ok=True)
    write_clip(OUT / "mossy.mp4", moss_backdrop(), mossy)
    write_clip(OUT / "fennel.mp4", fox_backdrop(), fennel)
    kitchen().reduce(OVERSAMPLE).save(OUT / "kitchen.webp", quality=88, method=6)
    return 0


if __name__ == "__main__":
    sys.exit(main())
