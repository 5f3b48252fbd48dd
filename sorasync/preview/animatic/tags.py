"""Name tags under the figures on stage."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sorasync.preview.animatic.patch import Patch, make_patch
from sorasync.preview.animatic.text import Colour, fit, write
from sorasync.preview.animatic.theme import Theme


def draw_tag(theme: Theme, name: str, accent: Colour) -> Patch:
    """A name on a small dark pill."""
    face = theme.face(18)
    edge = theme.px(10)
    words = fit(name, face, theme.width * 0.3)
    size = round(face.getlength(words)) + 2 * edge, round(face.size * 1.5)
    picture = Image.new("RGBA", size, (14, 14, 18, 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), size[1] // 2, fill=(14, 14, 18, 205))
    write(draw, (edge, face.size * 0.16), words, face, accent)
    return make_patch(picture)
