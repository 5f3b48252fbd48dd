"""Where the picture and the text around it lie in a frame."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.preview.animatic.note import Box
from sorasync.preview.animatic.theme import Theme

# Frames smaller than this have no room for text.
_LEAST = 96
_PANEL, _UPRIGHT_PANEL = 0.2, 0.24


@dataclass(frozen=True, slots=True)
class Page:
    """The picture in the frame's own shape at the upper left, a column beside it, a panel below both.

    Without text the picture is the whole frame, and the other two are empty.
    """

    picture: tuple[int, int]
    column: Box
    panel: Box

    @property
    def has_text(self) -> bool:
        """Whether there is room for text around the picture."""
        return self.panel[3] > 0


def lay_page(theme: Theme, clean: bool) -> Page:
    """The page of a frame; `clean` leaves all text out."""
    width, height = theme.width, theme.height
    if clean or min(width, height) < _LEAST:
        return Page((width, height), (width, 0, 0, 0), (0, height, width, 0))
    share = _UPRIGHT_PANEL if theme.upright else _PANEL
    high = (height - max(theme.px(140), round(height * share))) // 2 * 2
    wide = round(high * width / height) // 2 * 2
    return Page((wide, high), (wide, 0, width - wide, high), (0, high, width, height - high))
