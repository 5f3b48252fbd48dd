"""Spoken lines as subtitles."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.script import SpokenLine
from sorasync.preview.animatic.text import Colour, fit, wrap, write
from sorasync.preview.animatic.theme import INK, Theme


def draw_caption(theme: Theme, line: SpokenLine, accent: Colour) -> Patch | None:
    """A spoken line under its speaker's name; None when there is nothing to read."""
    face, small = theme.face(30), theme.face(20)
    edge = theme.px(16)
    most = theme.width * (0.88 if theme.upright else 0.7) - 2 * edge
    rows = wrap(line.text, face, most, 3)
    speaker = fit(line.speaker, small, most)
    if not rows:
        return None
    step, head = face.size * 1.2, round(small.size * 1.3) if speaker else 0
    width = round(max([face.getlength(row) for row in rows] + [small.getlength(speaker)])) + 2 * edge
    picture = Image.new("RGBA", (width, round(step * len(rows)) + head + edge), (8, 8, 10, 176))
    draw = ImageDraw.Draw(picture)
    write(draw, ((width - small.getlength(speaker)) / 2, edge // 2), speaker, small, accent, bold=True)
    for number, row in enumerate(rows):
        write(draw, ((width - face.getlength(row)) / 2, edge // 2 + head + number * step), row, face, INK)
    return make_patch(picture)
