"""Mossy's kitchen before anybody comes in: the first frame of the last scene."""

from __future__ import annotations

from PIL import Image

from example_media.pen import (
    HEIGHT,
    INK,
    WIDTH,
    Pen,
    glow,
    gradient,
    mix,
    oval,
    path,
    spline,
)


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
    pen.fill(path("138,96 482,96 482,436 138,436"), (96, 62, 44))
    for row in range(40):
        y = 112 + row * 7.7
        shade = mix((58, 70, 112), (226, 150, 120), row / 39)
        pen.fill([(154, y), (466, y), (466, y + 8.5), (154, y + 8.5)], shade)
    pen.fill(oval(384, 206, 30, 30), (255, 240, 204))
    pen.fill(path("154,420 154,366 230,340 300,372 380,344 466,376 466,420"), (56, 56, 84))
    pen.fill(path("206,344 206,300 218,286 230,300 230,344"), (240, 226, 206))
    pen.fill(oval(218, 302, 6, 6), (255, 208, 110))
    pen.stroke(path("310,112 310,420"), (96, 62, 44), 12)
    pen.stroke(path("154,262 466,262"), (96, 62, 44), 12)
    pen.shaded(path("118,428 502,428 502,454 118,454"), (140, 94, 62), (96, 62, 44), (0, -8))
    for side in (-1, 1):
        hem = [(310 + side * x, y) for x, y in path("30,84 204,84 208,440 168,452 146,436")]
        edge = [(310 + side * x, y) for x, y in path("130,320 96,190")]
        pen.shaded([*hem, *edge], (176, 92, 62), (128, 62, 46), (-10, 0))
        for x in (120, 150, 180):
            pen.stroke([(310 + side * (x - 14), 98), (310 + side * (x + 18), 430)], (146, 74, 52), 4)
    pen.stroke(path("84,84 536,84"), (60, 44, 44), 9)
    pen.shaded(path("262,386 330,386 320,430 272,430"), (198, 112, 74), (150, 78, 52), (-6, -4))
    for lean in (-26, -8, 12, 30):
        pen.stroke([(296, 388), (296 + lean * 0.6, 352), (296 + lean, 326)], (104, 136, 64), 7)


def _shelf(pen: Pen) -> None:
    pen.shaded(path("576,234 846,234 846,256 576,256"), (150, 104, 68), (100, 66, 46), (0, -8))
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
    pen.shaded(path("900,360 1210,360 1210,640 900,640"), (70, 66, 74), (44, 40, 48), (-26, -6))
    pen.fill(path("884,344 1226,344 1226,368 884,368"), (52, 48, 56))
    pen.fill(path("950,430 1160,430 1160,560 950,560"), (32, 26, 30))
    glow(picture, 1055, 500, 150, (255, 138, 54), 0.85)
    for x, high in ((1000, 50), (1040, 76), (1080, 62), (1118, 44)):
        flame = [(x - 20, 556), (x - 14, 530), (x, 556 - high), (x + 14, 530), (x + 20, 556)]
        pen.fill(spline(flame, 8), (255, 176, 72))
    pen.stroke(path("1150,344 1150,-10"), (52, 48, 56), 46)
    body = path("985,340 970,300 990,256 1040,240 1092,256 1112,300 1096,340")
    pen.shaded(spline(body, 8), (206, 122, 66), (140, 76, 44), (-14, -12))
    pen.stroke(path("1100,310 1136,284 1146,262"), (170, 96, 54), 15)
    pen.stroke(path("1000,254 1014,206 1066,206 1082,254"), (60, 44, 44), 9)
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
    pen.shaded(path("180,566 868,566 892,606 156,606"), (178, 122, 78), (136, 88, 56), (0, -14))
    for x in (372, 640):
        pen.shaded(oval(x, 566, 62, 11), (240, 226, 206), (190, 166, 144), (-4, -3))
        cup = [(x - 36, 512), (x + 36, 512), (x + 27, 564), (x - 27, 564)]
        pen.stroke([(x + 34, 522), (x + 56, 528), (x + 52, 548), (x + 30, 552)], (190, 204, 140), 8)
        pen.shaded(cup, (190, 204, 140), (128, 142, 84), (-12, -4))
        pen.fill(oval(x, 512, 36, 8), (96, 62, 44))
    pen.shaded(spline(oval(506, 548, 46, 22, 10)), (214, 152, 88), (160, 102, 58), (-8, -8))


def _lamp(picture: Image.Image) -> None:
    pen = Pen(picture)
    pen.stroke(path("700,-10 700,46"), (46, 34, 34), 5)
    glow(picture, 700, 190, 470, (255, 190, 100), 0.42)
    pen.shaded(
        spline(path("700,30 742,54 784,102 700,112 616,102 658,54"), 8),
        (206, 122, 66),
        (146, 80, 48),
        (-12, -6),
    )
    pen.fill(oval(700, 106, 34, 10), (255, 240, 200))
