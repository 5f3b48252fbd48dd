"""The words of an edit: a card in the column beside the picture, or a ribbon where there is no column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from PIL import Image, ImageDraw

from sorasync.preview.animatic.colours import Swatch
from sorasync.preview.animatic.note import Box
from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.slate import SLATE_SHARE
from sorasync.preview.animatic.text import wrap, write
from sorasync.preview.animatic.theme import INK, Theme, accent_of

_SLOTS = 5
_CARD_SLOTS = 3
_CARD_ROWS, _UPRIGHT_CARD_ROWS = 4, 7


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


@dataclass(frozen=True, slots=True)
class EditCards:
    """The cards of edits in a column: their size, the rows of words on each, and how many there is room for.

    They lie above the running time and below the slate, later ones above earlier ones.
    """

    theme: Theme
    column: Box
    rows: int
    height: int
    slots: int

    @classmethod
    def in_column(cls, theme: Theme, column: Box) -> Self:
        """As many cards as there is room for, up to three, each with as many rows as fit."""
        step, gap = _card_step(theme), theme.px(8)
        room = column[3] - round(column[3] * SLATE_SHARE) - _running_time(theme)
        rows = max(0, min(_UPRIGHT_CARD_ROWS if theme.upright else _CARD_ROWS, (room - gap) // step - 1))
        height = (step * (rows + 1) + gap) // 2 * 2
        return cls(theme, column, rows, height, min(_CARD_SLOTS, max(1, room // (height + gap))))

    def top(self, number: int) -> int:
        """Where the card of edit `number` begins."""
        _, top, _, height = self.column
        above = ((number - 1) % self.slots + 1) * (self.height + self.theme.px(6))
        return top + height - _running_time(self.theme) - above

    def draw(self, prompt: str, number: int, colours: tuple[Swatch, ...]) -> Patch:
        """The card of edit `number`, as wide as the column: its number and colours, and its words below."""
        face, edge, step = self.theme.face(18), self.theme.px(12), _card_step(self.theme)
        width = self.column[2]
        picture = Image.new("RGBA", (width, self.height), (30, 28, 36, 255))
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, 0, width, step), fill=accent_of(colours))
        write(draw, (edge, 0), f"Edit {number}", face, (14, 14, 18, 255), bold=True)
        chip = round(face.size * 0.9)
        left = width - edge - len(colours) * (chip + self.theme.px(5))
        for colour in colours:
            box = (left, (step - chip) // 2, left + chip, (step + chip) // 2)
            draw.rectangle(box, fill=(*colour.rgb, 255), outline=(14, 14, 18, 255))
            left += chip + self.theme.px(5)
        rows = wrap(prompt, face, width - 2 * edge, self.rows) if self.rows else []
        for line, row in enumerate(rows):
            write(draw, (edge, step * (line + 1) + self.theme.px(3)), row, face, INK)
        return make_patch(picture)


def _card_step(theme: Theme) -> int:
    return round(theme.face(18).size * 1.24)


def _running_time(theme: Theme) -> int:
    return round(theme.face(22).size * 1.6)
