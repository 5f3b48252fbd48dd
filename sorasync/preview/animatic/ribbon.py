"""The words of an edit as a ribbon over the picture; later ones are below earlier ones."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sorasync.preview.animatic.colours import Swatch
from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.text import wrap, write
from sorasync.preview.animatic.theme import INK, Theme, accent_of

_SLOTS = 5


def draw_ribbon(theme: Theme, prompt: str, number: int, colours: tuple[Swatch, ...]) -> Patch:
    """The ribbon of edit `number` (1 for the first): its number, words and colours."""
    face, edge = theme.face(20), theme.px(12)
    accent = accent_of(colours)
    tag = f"Edit {number}"
    start = edge * 2 + round(face.getlength(tag))
    chip = round(face.size * 0.9)
    chips = len(colours) * (chip + theme.px(5))
    most = theme.width * (0.9 if theme.upright else 0.62) - start - chips - 2 * edge
    rows = wrap(prompt, face, max(8, most), 2 if theme.height >= 300 else 1) or [""]
    step = round(face.size * 1.24)
    width = start + round(max(face.getlength(row) for row in rows)) + chips + 2 * edge
    height = step * len(rows) + edge
    picture = Image.new("RGBA", (width, height), (16, 14, 20, 232))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, start - edge // 2, height), fill=accent)
    write(draw, (edge * 0.7, edge // 2), tag, face, (14, 14, 18, 255), bold=True)
    for line, row in enumerate(rows):
        write(draw, (start + edge // 2, edge // 2 + line * step), row, face, INK)
    left = width - chips - edge // 2
    for colour in colours:
        box = (left, edge // 2 + 1, left + chip, edge // 2 + 1 + chip)
        draw.rectangle(box, fill=(*colour.rgb, 255), outline=(255, 255, 255, 90))
        left += chip + theme.px(5)
    return make_patch(picture)


def ribbon_top(theme: Theme, number: int) -> int:
    """Where the ribbon of edit `number` lies; after five it starts again at the top."""
    return theme.px(184 if theme.upright else 116) + (number - 1) % _SLOTS * theme.px(66)
