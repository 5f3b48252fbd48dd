"""The column beside the picture: slate, running time, and what a shot looks and sounds like."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import RGB, Canvas, Planes, from_picture, yuv
from sorasync.preview.animatic.patch import Patch, lay, make_patch
from sorasync.preview.animatic.script import Script, Shot
from sorasync.preview.animatic.text import Colour, Font, fit, plain, wrap, write
from sorasync.preview.animatic.theme import CARD, DIM, FADED, INK, Theme

# The slate's part of the column.
SLATE_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Title:
    """What the slate says: an address with its variant, the number of its take, and the model and size."""

    name: str
    take: int
    model: str
    size: str
    variant: tuple[str, ...] = ()


def title_of(label: str | None, model: str, width: int, height: int) -> Title:
    """Take a label apart: what follows `#` is the take, with a step after a stroke if there is one, and what
    stands in brackets is the variant."""
    name, _, rest = (label or "").partition("#")
    number, stroke, step = rest.partition("/")
    take = int(number[:6]) if number[:6].isascii() and number[:6].isdigit() else 1
    step_text = f" /{step[:8]}" if stroke and step else ""
    name, _, variant = name.partition("[")
    parts = tuple(part.strip() for part in variant.rstrip("]").split(",") if part.strip())
    return Title(f"{name}{step_text}", max(1, take), model, f"{width}x{height}", parts)


def draw_slate(theme: Theme, title: Title, accent: Colour, size: tuple[int, int]) -> Patch:
    """Name, variant, take, model and size under a clapper's stripes, as large as asked."""
    edge, stripe = theme.px(12), theme.px(9)
    width, height = size[0], round(size[1] * SLATE_SHARE)
    picture = Image.new("RGBA", (width, height), (*CARD[:3], 255))
    draw = ImageDraw.Draw(picture)
    _stripes(draw, width, stripe)
    large, small = theme.face(24), theme.face(18)
    room = width - 2 * edge
    y = float(stripe + edge // 2)
    rows: list[tuple[str, Font, Colour, bool]] = [
        (row, large, INK, True) for row in wrap(title.name, large, room, 2)
    ]
    rows += [
        (row, small, accent, False)
        for part in title.variant
        for row in wrap(part.replace("=", ": "), small, room, 2)
    ]
    rows.append((f"Take {title.take}", large, accent, True))
    rows += [(row, small, FADED, False) for row in wrap(title.model, small, room, 1)]
    rows.append((title.size, small, FADED, False))
    for text, face, colour, bold in rows:
        if y + face.size * 1.25 > height:
            break
        write(draw, (edge, y), text, face, colour, bold=bold)
        y += face.size * 1.25
    return make_patch(picture)


def _stripes(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    step = height * 2
    for number, left in enumerate(range(-height, width + step, step)):
        colour = INK if number % 2 else (30, 30, 34, 255)
        draw.polygon(
            [(left + height, 0), (left + step + height, 0), (left + step, height), (left, height)],
            fill=colour,
        )


def draw_column(theme: Theme, script: Script, shot: Shot, slate: Patch, size: tuple[int, int]) -> Planes:
    """The whole column for a shot, with room for the running time at its lower end."""
    width, height = size
    picture = Image.new("RGB", (width, height), CARD[:3])
    draw = ImageDraw.Draw(picture)
    edge = theme.px(12)
    face = theme.face(18)
    y = slate.height + theme.px(6)
    bottom = height - round(theme.face(22).size * 1.6)
    y = _swatches(draw, theme, shot, (edge, y, width - 2 * edge))
    texts = (
        ("Light", shot.lighting),
        ("Sound", shot.sound),
        ("Style", script.style),
        ("Scene", script.scene),
    )
    for label, text in texts:
        y = _labelled(draw, face, (edge, y, width - 2 * edge, bottom), label, text)
    canvas = from_picture(picture)
    lay(canvas, slate, 0, 0)
    return canvas


def _swatches(draw: ImageDraw.ImageDraw, theme: Theme, shot: Shot, at: tuple[int, int, int]) -> int:
    """The named colours of a palette one below the other, or side by side where none has a name."""
    left, top, width = at
    face = theme.face(16)
    chip = round(face.size * 1.1)
    if not any(colour.name for colour in shot.palette):
        return top
    for colour in shot.palette:
        draw.rounded_rectangle(
            (left, top, left + chip * 1.6, top + chip), max(1, chip // 5), fill=(*colour.rgb, 255)
        )
        name = fit(colour.name, face, width - chip * 2)
        write(draw, (left + chip * 2, top - chip * 0.08), name, face, FADED)
        top += round(chip * 1.25)
    return top + theme.px(4)


def _labelled(
    draw: ImageDraw.ImageDraw, face: Font, box: tuple[int, int, int, int], label: str, text: str
) -> int:
    """A dim label with its text below, as many lines as there is room; gives where the next may start."""
    left, top, width, bottom = box
    step = face.size * 1.22
    room = int((bottom - top) // step) - 1
    if not plain(text) or room < 1:
        return top
    write(draw, (left, top), label, face, DIM)
    y = top + step
    for row in wrap(text, face, width, room):
        write(draw, (left, y), row, face, INK)
        y += step
    return round(y + face.size * 0.3)


def timecode(frame: int, rate: int) -> str:
    """Minutes, seconds and tenths of a frame's beginning."""
    tenths = frame * 10 // rate
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


class ClockFace:
    """The running time at the lower end of the column; each digit is drawn once."""

    def __init__(self, theme: Theme, total: str) -> None:
        self._theme = theme
        self._face = theme.face(22)
        self._cell = round(max(self._face.getlength(sign) for sign in "0123456789")) + 1
        self._total = f" / {total}"
        self._seen: dict[str, Patch] = {}

    @property
    def height(self) -> int:
        """Pixels the time takes down."""
        return self._glyph(self._total).height

    def lay(self, canvas: Canvas, text: str, left: int, bottom: int) -> None:
        """Put the time on a frame; every sign is laid whole, so nothing is left of the time before."""
        left += self._theme.px(12)
        for glyph in (*(self._glyph(sign) for sign in text), self._glyph(self._total)):
            lay(canvas, glyph, left, bottom - glyph.height)
            left += glyph.width

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
) -> list[tuple[int, int, RGB]]:
    filled = round(width * done / 2) * 2
    parts: list[tuple[int, int, RGB]] = [(0, filled, colour[:3]), (filled, width, (44, 44, 50))]
    for mark in marks:
        left = round(width * mark / 2) * 2
        parts.append((left, left + max(2, width // 640 * 2), (255, 255, 255)))
    return parts
