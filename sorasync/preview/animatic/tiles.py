"""Characters as portrait tiles that play the clips they were uploaded with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from sorasync.preview.animatic.canvas import Canvas, blank, from_frame
from sorasync.preview.animatic.patch import Patch, lay, make_patch
from sorasync.preview.animatic.scene import BadMedia, Cast
from sorasync.preview.animatic.text import Colour, fit, write
from sorasync.preview.animatic.theme import INK, Theme
from sorasync.preview.animatic.video import FPS, reading

_CLIP_SECONDS = 2
_MOST = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """A character's frames in tile size, and the card with its name they lie on."""

    frames: tuple[Canvas, ...]
    card: Patch
    border: int

    def lay(self, canvas: Canvas, left: int, top: int, number: int) -> None:
        """Put the tile on frame `number`; the clip plays forwards and backwards, so it never jumps."""
        left, top = left // 2 * 2, top // 2 * 2
        lay(canvas, self.card, left, top)
        picture = self.frames[_to_and_fro(number, len(self.frames))]
        x, y = left + self.border, top + self.border
        height = min(picture.height, canvas.height - y)
        width = min(picture.width, canvas.width - x)
        if height < 2 or width < 2 or x < 0:
            return
        canvas.y[y : y + height, x : x + width] = picture.y[:height, :width]
        half = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        canvas.u[half] = picture.u[: height // 2, : width // 2]
        canvas.v[half] = picture.v[: height // 2, : width // 2]


def _to_and_fro(number: int, count: int) -> int:
    if count == 1:
        return 0
    place = number % (2 * count - 2)
    return place if place < count else 2 * count - 2 - place


def make_tiles(theme: Theme, cast: Sequence[Cast], accent: Colour) -> tuple[Tile, ...]:
    """A tile for each character (the first four); `BadMedia` when a clip cannot be decoded."""
    return tuple(_make_tile(theme, character, accent) for character in cast[:_MOST])


def _make_tile(theme: Theme, character: Cast, accent: Colour) -> Tile:
    size = max(8, theme.px(132)) // 2 * 2
    border = max(2, theme.px(4)) // 2 * 2
    face = theme.face(18)
    name = fit(character.name, face, size)
    height = size + 2 * border + round(face.size * 1.45)
    card = Image.new("RGBA", (size + 2 * border, height + height % 2), (14, 14, 18, 226))
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, card.width - 1, card.height - 1), outline=accent, width=max(1, border // 2))
    left = (card.width - face.getlength(name)) / 2
    write(draw, (left, size + border + face.size * 0.12), name, face, INK)
    return Tile(_portrait(character, size), make_patch(card), border)


def _portrait(character: Cast, size: int) -> tuple[Canvas, ...]:
    """Square frames from the start of the clip at the common rate, cut from its middle."""
    found: list[Canvas] = []
    with reading(character.video) as (container, stream):
        for frame in container.decode(stream):
            seconds = float(frame.time or 0)
            if seconds > _CLIP_SECONDS or len(found) >= _CLIP_SECONDS * FPS:
                break
            if seconds * FPS < len(found) - 0.01:
                continue
            shape = max(size / frame.width, size / frame.height)
            width, height = (max(size, round(side * shape / 2) * 2) for side in (frame.width, frame.height))
            found.append(_middle(from_frame(frame, width, height), size))
    if not found:
        raise BadMedia(f"character {character.name}: {character.video.name} holds no frames")
    return tuple(found)


def _middle(picture: Canvas, size: int) -> Canvas:
    """The square in the middle, a little above it on upright pictures, where faces are."""
    left = (picture.width - size) // 4 * 2
    top = (picture.height - size) // 6 * 2
    cut = blank(size, size)
    cut.y[:] = picture.y[top : top + size, left : left + size]
    half = (slice(top // 2, (top + size) // 2), slice(left // 2, (left + size) // 2))
    cut.u[:] = picture.u[half]
    cut.v[:] = picture.v[half]
    return cut
