"""Fennel, a fox who carries the post."""

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
    path,
    spline,
    turned,
)

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
    whole = path("552,700 450,690 352,614 318,498 352,404 398,370 428,428 446,516 500,580 580,610")
    pen.shaded(turned(spline(whole), root, wag), FUR, FUR_DARK, (-18, -16))
    tip = path("334,446 352,404 398,366 426,424 432,462 412,444 394,474 372,446 352,474")
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
    bag = path("694,590 806,582 816,672 704,684")
    pen.shaded(bag, LEATHER, (98, 58, 34), (-10, -10))
    pen.shaded(path("690,586 808,578 802,622 750,642 698,630"), (164, 106, 64), (116, 70, 42), (-6, -6))
    pen.fill(oval(750, 628, 8, 8), BRASS)


def _letter_arm(pen: Pen, lift: float, breath: float) -> None:
    shoulder = (548.0, 482.0 + breath)
    arm = spline(path("568,464 520,486 478,552 474,600 508,612 542,578 582,522"))
    pen.shaded(turned(arm, shoulder, lift), COAT, COAT_DARK, (-8, -10))
    letter = path("398,536 506,520 516,590 408,606")
    pen.shaded(turned(letter, shoulder, lift), WHITE, CREAM_DARK, (-4, -4))
    flap = path("398,536 458,574 506,520")
    pen.stroke(turned(flap, shoulder, lift), (206, 182, 152), 4)
    pen.fill(turned(oval(458, 572, 13, 13), shoulder, lift), (186, 52, 48))
    pen.shaded(turned(oval(496, 600, 30, 25), shoulder, lift), (70, 46, 44), INK, (-6, -6))


def _fox_head(pen: Pen, phase: float) -> None:
    for side in (-1, 1):
        _ear(pen, side, 7 * max(0.0, math.sin(phase * 3)) ** 3 if side > 0 else 0)
    face = path(
        "640,206 730,224 790,300 838,372 760,408 700,446 640,470 580,446 520,408 442,372 490,300 550,224"
    )
    pen.shaded(spline(face), FUR, FUR_DARK, (-20, -18))
    for side in (-1, 1):
        cheek = [(640 + side * x, y) for x, y in path("4,372 60,346 120,356 192,374 116,404 60,442 4,464")]
        pen.fill(spline(cheek, 8), CREAM if side < 0 else mix(CREAM, CREAM_DARK, 0.4))
    _fox_eyes(pen, phase)
    pen.shaded(
        spline(path("640,424 612,402 618,386 640,380 662,386 668,402"), 8),
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


def _ear(pen: Pen, side: int, flick: float) -> None:
    def shape(points: str) -> list[Point]:
        mirrored = [(640 + side * x, y) for x, y in path(points)]
        return spline(turned(mirrored, (640 + side * 116, 250), flick), 8)

    pen.shaded(shape("64,240 112,118 138,98 158,130 166,288"), FUR, FUR_DARK, (-8, -6))
    pen.fill(shape("104,142 134,96 160,136 138,158"), INK)
    pen.fill(shape("92,250 124,166 138,172 146,262"), (120, 62, 50))


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
    crown = path("528,238 536,168 588,128 640,120 692,128 744,168 752,238 640,224")
    pen.shaded(spline(crown, 8), COAT, COAT_DARK, (-12, -12))
    band = path("524,226 640,208 756,226 758,256 640,236 522,256")
    pen.fill(spline(band, 8), COAT_DARK)
    visor = path("520,250 580,238 640,234 700,238 760,250 728,272 640,262 552,272")
    pen.shaded(spline(visor, 8), (58, 48, 56), INK, (-4, -6))
    pen.shaded(oval(640, 192, 24, 24), BRASS, (178, 128, 44), (-5, -5))
    envelope = path("626,184 654,184 654,202 626,202")
    pen.fill(envelope, WHITE)
    pen.stroke(path("626,184 640,194 654,184"), (178, 128, 44), 2.5)
