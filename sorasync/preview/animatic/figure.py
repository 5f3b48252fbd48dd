"""Draws people without a picture: plain shapes, seen from the front, the side, behind or above."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import mix

_OVERSAMPLE = 2
_SKINS: tuple[RGB, ...] = ((208, 160, 128), (150, 104, 78), (232, 194, 164))
COATS: tuple[RGB, ...] = ((88, 112, 152), (164, 92, 78), (98, 132, 100), (192, 164, 112), (120, 104, 140))
_DARK: RGB = (52, 50, 58)
_INK: RGB = (40, 34, 36)

# How much of a figure's picture is head, from its top, in heights.
BUST_HEAD = 0.36
STANDING_HEAD = 0.15
# A child's head is larger for its height.
_CHILD = 1.4
_GREY: RGB = (176, 174, 172)


@dataclass(frozen=True, slots=True)
class Looks:
    """What tells people apart from afar: the colour of a coat, hair, and a child's proportions."""

    coat: RGB | None = None
    long_hair: bool = False
    grey: bool = False
    small: bool = False
    helmet: bool = False

    @property
    def standing_head(self) -> float:
        """How much of a standing figure is head, from its top, in heights."""
        return STANDING_HEAD * (_CHILD if self.small else 1.0)

    @property
    def hip(self) -> float:
        """How far below the top of a standing figure its legs begin, in heights."""
        return 0.6 if self.small else 0.53


@dataclass(frozen=True, slots=True)
class _Paints:
    """The colours of one figure, and its proportions."""

    skin: RGB
    hair: RGB
    coat: RGB
    legs: RGB
    looks: Looks


@lru_cache(maxsize=48)
def person(
    height: int, index: int, bust: bool = False, view: str = "front", looks: Looks = Looks()
) -> Image.Image:
    """Somebody standing, or head and shoulders, `height` pixels tall, seen from a side or behind."""
    size = max(2, round(height * (0.95 if bust else 0.42))), max(2, height)
    large = (size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE)
    paints = _Paints(
        skin=_SKINS[index % 3],
        hair=_GREY if looks.grey else mix(_INK, (120, 80, 50), (index % 4) / 5),
        coat=looks.coat or COATS[index % len(COATS)],
        legs=_DARK,
        looks=looks,
    )
    picture = Image.new("RGBA", large, (*_DARK, 0))
    (_bust if bust else _standing)(ImageDraw.Draw(picture), large, paints, view)
    return picture.reduce(_OVERSAMPLE)


def from_above(width: int, index: int, coat: RGB | None = None) -> Image.Image:
    """Somebody seen from straight above: shoulders and the top of a head."""
    large = width * _OVERSAMPLE
    picture = Image.new("RGBA", (large, large), (*_DARK, 0))
    draw = ImageDraw.Draw(picture)
    sleeve = mix(coat or COATS[index % len(COATS)], (20, 20, 30), 0.18)
    for side in (0.12, 0.88):
        hand = side + (0.1 if side < 0.5 else -0.1)
        draw.line((large * side, large * 0.46, large * hand, large * 0.16), fill=sleeve, width=large // 8)
        box = (large * (hand - 0.06), large * 0.07, large * (hand + 0.06), large * 0.19)
        draw.ellipse(box, fill=_SKINS[index % 3])
    draw.ellipse((large * 0.43, large * 0.17, large * 0.57, large * 0.34), fill=_SKINS[index % 3])
    draw.ellipse(
        (0, large * 0.28, large - 1, large * 0.72), fill=coat or COATS[index % len(COATS)], outline=_INK
    )
    draw.ellipse((large * 0.3, large * 0.24, large * 0.7, large * 0.7), fill=mix(_INK, (120, 80, 50), 0.3))
    return picture.reduce(_OVERSAMPLE)


def _bust(draw: ImageDraw.ImageDraw, size: tuple[int, int], paints: _Paints, view: str) -> None:
    width, height = size
    middle, head, top = width / 2, height * 0.15, height * 0.02
    shoulder = top + head * 2.45
    reach = head * (1.5 if view in ("left", "right") else 2.25)
    draw.rounded_rectangle(
        (middle - reach, shoulder, middle + reach, height + head), head * 1.3, fill=paints.coat
    )
    neck = paints.hair if view == "back" else mix(paints.skin, (60, 30, 30), 0.25)
    draw.rounded_rectangle(
        (middle - head * 0.42, top + head, middle + head * 0.42, shoulder + head * 0.4), head * 0.3, fill=neck
    )
    if view == "front":
        collar = mix(paints.coat, (255, 255, 255), 0.25)
        for side in (-1, 1):
            tip = (middle + side * head * 0.1, shoulder + head * 0.95)
            points = [
                (middle + side * head * 0.42, shoulder - head * 0.12),
                (middle + side * head * 0.95, shoulder),
                tip,
            ]
            draw.polygon(points, fill=collar)
    _head(draw, (middle, top), head, paints, view)


def _head(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], head: float, paints: _Paints, view: str
) -> None:
    """A head whose crown is at a point; `head` is half its height."""
    middle, top = at
    if paints.looks.helmet:
        box = (middle - head * 1.35, top - head * 0.16, middle + head * 1.35, top + head * 2.4)
        draw.ellipse(box, fill=mix(paints.coat, _INK, 0.1), outline=_INK, width=max(1, round(head * 0.08)))
    draw.ellipse(
        (middle - head * 0.98, top - head * 0.04, middle + head * 0.98, top + head * 1.7), fill=paints.hair
    )
    if paints.looks.long_hair:
        # From the front it falls beside the face, else down the back.
        sides = {"left": ((0.1, 1.05),), "right": ((-1.05, -0.1),), "back": ((-1.05, 1.05),)}
        for left, right in sides.get(view, ((-1.1, -0.62), (0.62, 1.1))):
            box = (middle + head * left, top + head * 0.6, middle + head * right, top + head * 2.9)
            draw.rounded_rectangle(box, head * 0.22, fill=paints.hair)
    if view == "back":
        draw.ellipse(
            (middle - head * 0.8, top + head * 0.2, middle + head * 0.8, top + head * 2.05), fill=paints.hair
        )
        return
    if view in ("left", "right"):
        _side_face(draw, at, head, paints, -1 if view == "left" else 1)
        return
    for side in (-1, 1):
        ear = middle + side * head * 0.82
        draw.ellipse(
            (ear - head * 0.16, top + head * 0.9, ear + head * 0.16, top + head * 1.35), fill=paints.skin
        )
    draw.ellipse(
        (middle - head * 0.8, top + head * 0.2, middle + head * 0.8, top + head * 2.1), fill=paints.skin
    )
    draw.chord((middle - head * 0.9, top, middle + head * 0.9, top + head * 1.5), 195, 345, fill=paints.hair)
    for side in (-1, 1):
        eye = middle + side * head * 0.32
        draw.ellipse((eye - head * 0.07, top + head * 1.02, eye + head * 0.07, top + head * 1.18), fill=_INK)
    mouth = mix(paints.skin, (120, 40, 40), 0.5)
    draw.line(
        (middle - head * 0.2, top + head * 1.62, middle + head * 0.2, top + head * 1.62),
        fill=mouth,
        width=max(1, round(head * 0.06)),
    )


def _side_face(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], head: float, paints: _Paints, side: int
) -> None:
    """A face in profile, looking to a side (-1 left, 1 right)."""
    middle, top = at
    front = middle + side * head * 0.18
    draw.ellipse(
        (front - head * 0.74, top + head * 0.2, front + head * 0.74, top + head * 2.1), fill=paints.skin
    )
    nose = [
        (front + side * head * 0.64, top + head * 0.95),
        (front + side * head * 0.98, top + head * 1.38),
        (front + side * head * 0.6, top + head * 1.45),
    ]
    draw.polygon(nose, fill=paints.skin)
    back = middle - side * head * 0.35
    draw.ellipse((back - head * 0.68, top, back + head * 0.68, top + head * 1.75), fill=paints.hair)
    draw.chord(
        (middle - head * 0.95, top, middle + head * 0.95, top + head * 1.3), 190, 350, fill=paints.hair
    )
    eye = front + side * head * 0.45
    draw.ellipse((eye - head * 0.07, top + head * 1.0, eye + head * 0.07, top + head * 1.16), fill=_INK)


def _standing(draw: ImageDraw.ImageDraw, size: tuple[int, int], paints: _Paints, view: str) -> None:
    width, height = size
    looks = paints.looks
    middle, head, top = width / 2, height * 0.44 * looks.standing_head, height * 0.02
    shoulder, hip = top + head * 2.35, height * looks.hip
    narrow = view in ("left", "right")
    spread, reach = (0.35, 1.05) if narrow else (0.68, 1.6)
    for side in (-1, 1):
        leg = middle + side * head * spread
        draw.rounded_rectangle(
            (leg - head * 0.56, hip - head, leg + head * 0.56, height - 1.0), head * 0.3, fill=paints.legs
        )
    sleeve = mix(paints.coat, (20, 20, 30), 0.18)
    for side in (0,) if narrow else (-1, 1):
        arm = middle + side * head * 1.6
        box = (arm - head * 0.36, shoulder + head * 0.35, arm + head * 0.36, hip + head * 0.5)
        if not narrow:
            _arm(draw, box, head, sleeve, paints.skin)
    draw.rectangle(
        (middle - head * 0.34, top + head, middle + head * 0.34, shoulder + head * 0.2), fill=paints.skin
    )
    reach *= head
    draw.rounded_rectangle(
        (middle - reach, shoulder, middle + reach, hip + head * 0.3), head * 0.8, fill=paints.coat
    )
    if narrow:
        box = (middle - head * 0.36, shoulder + head * 0.5, middle + head * 0.36, hip + head * 0.5)
        _arm(draw, box, head, sleeve, paints.skin)
    _head(draw, (middle, top), head, paints, view)


def _arm(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], head: float, sleeve: RGB, skin: RGB
) -> None:
    left, _, right, low = box
    draw.rounded_rectangle(box, head * 0.35, fill=sleeve)
    draw.ellipse((left + head * 0.06, low - head * 0.3, right - head * 0.06, low + head * 0.4), fill=skin)
