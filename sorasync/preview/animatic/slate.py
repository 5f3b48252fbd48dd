"""The top of the frame: slate, style, running time; and the bar at the bottom."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import Canvas, yuv
from sorasync.preview.animatic.patch import Patch, lay, make_patch
from sorasync.preview.animatic.text import Colour, fit, wrap, write
from sorasync.preview.animatic.theme import CARD, FADED, INK, Theme


@dataclass(frozen=True, slots=True)
class Title:
    """What the slate says: an address, the number of its take, and the render's model and size."""

    name: str
    take: int
    model: str
    size: str


def title_of(label: str | None, model: str, width: int, height: int) -> Title:
    """Take a label apart: what follows `#` is the take, with a step after a stroke if there is one."""
    name, _, rest = (label or "").partition("#")
    number, stroke, step = rest.partition("/")
    take = int(number[:6]) if number[:6].isascii() and number[:6].isdigit() else 1
    step_text = f" /{step[:8]}" if stroke and step else ""
    return Title(f"{name}{step_text}", max(1, take), model, f"{width}x{height}")


def draw_slate(theme: Theme, title: Title, accent: Colour, least: int = 0) -> Patch:
    """Name, take, model and size on a dark card with a clapper's stripes, `least` pixels wide or more."""
    name_face, small = theme.face(25), theme.face(18)
    most = theme.width * (0.62 if theme.upright else 0.5)
    edge, stripe = theme.px(14), theme.px(9)
    take = f"Take {title.take}"
    name = fit(title.name, name_face, most - name_face.getlength(take) - 3 * edge)
    under = fit(f"{title.model}  ·  {title.size}", small, most)
    head = name_face.getlength(f"{name}  {take}") + edge if name else name_face.getlength(take)
    width = max(least, round(max(head, small.getlength(under))) + 2 * edge)
    height = stripe + round(name_face.size * 1.3 + small.size * 1.35) + edge
    picture = Image.new("RGBA", (width, height), (*CARD[:3], 255))
    draw = ImageDraw.Draw(picture)
    _stripes(draw, width, stripe)
    y = stripe + edge // 3
    write(draw, (edge, y), name, name_face, INK, bold=True)
    left = width - edge - name_face.getlength(take)
    write(draw, (left if name else edge, y), take, name_face, accent, bold=True)
    write(draw, (edge, y + name_face.size * 1.28), under, small, FADED)
    return make_patch(picture)


def _stripes(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    step = height * 2
    for number, left in enumerate(range(-height, width + step, step)):
        colour = INK if number % 2 else (30, 30, 34, 255)
        draw.polygon(
            [(left + height, 0), (left + step + height, 0), (left + step, height), (left, height)],
            fill=colour,
        )


def draw_style(theme: Theme, style: str, scene: str, slate: int, clock: int) -> Patch | None:
    """The style and the scene's own words on a card of one line each, to lie between slate and clock.

    On upright frames it lies below the slate. None when there is nothing to say, or no room.
    """
    face = theme.face(18)
    edge, gap = theme.px(12), theme.px(10)
    room = theme.width - 2 * theme.px(24) - (0 if theme.upright else slate + clock + 2 * gap) - 2 * edge
    rows = 2 if theme.upright else 1
    lines = [(line, INK) for line in wrap(style, face, max(8, room), rows)]
    lines += [(line, FADED) for line in wrap(scene, face, max(8, room), rows)]
    if not lines or theme.height < 150 or room < theme.px(160):
        return None
    width = round(max(face.getlength(line) for line, _ in lines)) + 2 * edge
    step = face.size * 1.28
    picture = Image.new("RGBA", (width, round(step * len(lines)) + edge), (*CARD[:3], 190))
    draw = ImageDraw.Draw(picture)
    for number, (line, colour) in enumerate(lines):
        write(draw, (edge, edge // 2 + number * step), line, face, colour)
    return make_patch(picture)


def timecode(frame: int, rate: int) -> str:
    """Minutes, seconds and tenths of a frame's beginning."""
    tenths = frame * 10 // rate
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


class ClockFace:
    """The running time in the upper right corner; each digit is drawn once."""

    def __init__(self, theme: Theme, total: str) -> None:
        self._theme = theme
        self._face = theme.face(24)
        self._cell = round(max(self._face.getlength(sign) for sign in "0123456789")) + 1
        self._total = f" / {total} "
        self._seen: dict[str, Patch] = {}

    @property
    def height(self) -> int:
        """Pixels the card takes down."""
        return self._glyph(self._total).height

    def width(self, text: str) -> int:
        """Pixels the card takes across."""
        return sum(self._glyph(sign).width for sign in f" {text}") + self._glyph(self._total).width

    def lay(self, canvas: Canvas, text: str) -> None:
        """Put the time on a frame; the card is laid whole, so nothing is left of the time before."""
        signs = [self._glyph(sign) for sign in f" {text}"]
        tail = self._glyph(self._total)
        width = sum(sign.width for sign in signs) + tail.width
        left = canvas.width - width - self._theme.px(24)
        for sign in (*signs, tail):
            lay(canvas, sign, left, self._theme.px(24))
            left += sign.width

    def _glyph(self, text: str) -> Patch:
        if text not in self._seen:
            width = self._cell if text.isdigit() else round(self._face.getlength(text)) + 2
            picture = Image.new("RGBA", (width + width % 2, round(self._face.size * 1.5)), (*CARD[:3], 255))
            left = (picture.width - self._face.getlength(text)) / 2
            write(ImageDraw.Draw(picture), (left, self._face.size * 0.18), text, self._face, INK)
            self._seen[text] = make_patch(picture)
        return self._seen[text]


def lay_bar(canvas: Canvas, theme: Theme, done: float, marks: tuple[float, ...], colour: Colour) -> None:
    """A thin bar along the lower edge, filled by `done` (0 to 1), with a notch where each shot begins."""
    height = max(2, theme.px(7)) // 2 * 2
    top = canvas.height - height
    for left, right, tone in _bar_parts(done, marks, canvas.width, colour):
        y, u, v = yuv(tone)
        canvas.y[top:, left:right] = y
        canvas.u[top // 2 :, left // 2 : right // 2] = u
        canvas.v[top // 2 :, left // 2 : right // 2] = v


def _bar_parts(
    done: float, marks: tuple[float, ...], width: int, colour: Colour
) -> list[tuple[int, int, tuple[int, int, int]]]:
    filled = round(width * done / 2) * 2
    parts = [(0, filled, colour[:3]), (filled, width, (44, 44, 50))]
    for mark in marks:
        left = round(width * mark / 2) * 2
        parts.append((left, left + max(2, width // 640 * 2), (255, 255, 255)))
    return parts
