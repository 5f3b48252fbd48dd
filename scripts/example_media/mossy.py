"""Mossy, a small round creature of moss with a daisy on its head."""

from __future__ import annotations

import math
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from example_media.pen import (
    INK,
    OVERSAMPLE,
    RGB,
    SECONDS,
    WHITE,
    WIDTH,
    Pen,
    Point,
    gradient,
    mix,
    oval,
    spline,
    turned,
)

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
