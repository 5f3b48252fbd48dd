"""Sizes and colours of everything written over the picture."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import Swatch, brightness, mix
from sorasync.preview.animatic.text import Colour, Font, font

INK: Colour = (246, 243, 236, 255)
FADED: Colour = (176, 174, 170, 255)
DIM: Colour = (122, 122, 124, 255)
CARD: Colour = (14, 14, 18, 214)


@dataclass(frozen=True, slots=True)
class Theme:
    """Measures for one frame size. `unit` is 1 at 720 pixels on the shorter side."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        """Pixels for one pixel of the 720p design."""
        return max(min(self.width / 640, self.height / 640, max(self.width, self.height) / 1280), 0.2)

    @property
    def upright(self) -> bool:
        """Whether the frame is taller than wide."""
        return self.height > self.width

    def px(self, length: float) -> int:
        """A design length in pixels."""
        return max(1, round(length * self.unit))

    def face(self, size: float) -> Font:
        """The font for a design size; small frames get relatively larger text, to stay legible."""
        return font(max(round(size * self.unit), min(11, self.height // 14)))


def accent_of(palette: tuple[Swatch, ...]) -> Colour:
    """The liveliest colour of a palette, light enough to be read on a dark card."""
    liveliest: RGB = max(
        (colour.rgb for colour in palette), key=lambda rgb: max(rgb) - min(rgb), default=(255, 200, 80)
    )
    while brightness(liveliest) < 0.55:
        liveliest = mix(liveliest, (255, 255, 255), 0.18)
    return (*liveliest, 255)
