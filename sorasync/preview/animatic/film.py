"""All frames of one script, with everything written over the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sorasync.preview.animatic.canvas import Canvas, blank
from sorasync.preview.animatic.captions import draw_caption
from sorasync.preview.animatic.panel import Status, draw_panel, panel_height
from sorasync.preview.animatic.patch import Patch, lay
from sorasync.preview.animatic.scene import Cast
from sorasync.preview.animatic.script import Script
from sorasync.preview.animatic.slate import Clock, Title, draw_slate, draw_style, lay_bar, timecode
from sorasync.preview.animatic.stage import Look, Stage, build
from sorasync.preview.animatic.text import Colour
from sorasync.preview.animatic.theme import Theme, accent_of
from sorasync.preview.animatic.tiles import Tile, make_tiles
from sorasync.preview.animatic.timeline import Span, lay_out, readable, turn
from sorasync.preview.animatic.video import FPS


@dataclass(frozen=True, slots=True)
class Part:
    """Where a film stands in the whole video: frames before it, its own frames, and marks of shots before."""

    before: int
    frames: int
    marks: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """Frames of the whole video."""
        return self.before + self.frames


@dataclass(slots=True)
class _Overlay:
    """The cards that change only with a beat or a spoken line."""

    beat: int = -2
    line: int = -2
    panel: Patch | None = None
    caption: Patch | None = None


class Film:
    """Draws the frames of a script one after another; memory does not grow with the length."""

    def __init__(self, script: Script, title: Title, look: Look, part: Part, size: tuple[int, int]) -> None:
        self._script, self._look, self._part = script, look, part
        self._size = size
        self._theme = Theme(*size)
        self._spans = lay_out(script, part.frames)
        accent = accent_of(script.shots[0].palette)
        self._slate = draw_slate(self._theme, title, accent)
        self._style = draw_style(self._theme, script.style, script.scene)
        self._clock = Clock(self._theme, timecode(part.total, FPS))
        self._tiles: tuple[Tile, ...] = ()

    @property
    def marks(self) -> tuple[int, ...]:
        """The frames of the whole video at which shots begin."""
        return (*self._part.marks, *(self._part.before + span.start for span in self._spans))

    def invite(self, cast: tuple[Cast, ...]) -> None:
        """Show these characters as tiles; `BadMedia` when a clip cannot be decoded."""
        self._tiles = make_tiles(self._theme, cast, accent_of(self._script.shots[0].palette))

    def frames(self) -> Iterator[Canvas]:
        """Every frame in order, on one and the same canvas: use it before the next is taken."""
        canvas = blank(*self._size)
        for span in self._spans:
            shot = self._script.shots[span.shot]
            beats = readable(shot.beats, span.frames)
            stage = build(self._script, span.shot, self._look, self._size, len(beats))
            overlay = _Overlay()
            for position in range(span.frames):
                self._update(overlay, span, beats, position)
                self._compose(canvas, stage, overlay, span, position)
                yield canvas

    def _update(self, overlay: _Overlay, span: Span, beats: tuple[str, ...], position: int) -> None:
        """Draw the cards anew where a beat or line begins."""
        shot = self._script.shots[span.shot]
        beat = turn(len(beats), position, span.frames)
        if beat != overlay.beat:
            shots = len(self._script.shots)
            status = Status(span.shot, shots, beat, continued=shots == 1 and self._part.before > 0)
            overlay.beat, overlay.panel = beat, draw_panel(self._theme, shot, beats, status)
        line = turn(len(shot.lines), position, span.frames)
        if line != overlay.line:
            overlay.line = line
            spoken = (
                draw_caption(self._theme, shot.lines[line], accent_of(shot.palette)) if line >= 0 else None
            )
            overlay.caption = spoken

    def _compose(self, canvas: Canvas, stage: Stage, overlay: _Overlay, span: Span, position: int) -> None:
        stage.film(canvas, position, span.frames, FPS)
        number = self._part.before + span.start + position
        self._lay_top(canvas, number)
        theme = self._theme
        floor = canvas.height - panel_height(theme)
        if overlay.caption is not None:
            left = (canvas.width - overlay.caption.width) // 2
            lay(canvas, overlay.caption, left, floor - overlay.caption.height - theme.px(14))
        if overlay.panel is not None:
            lay(canvas, overlay.panel, 0, floor)
        accent: Colour = accent_of(self._script.shots[span.shot].palette)
        marks = tuple(mark / self._part.total for mark in self.marks if mark)
        lay_bar(canvas, theme, (number + 1) / self._part.total, marks, accent)

    def _lay_top(self, canvas: Canvas, number: int) -> None:
        edge = self._theme.px(24)
        lay(canvas, self._slate, edge, edge)
        level = edge + self._slate.height + self._theme.px(8)
        if self._style is not None:
            lay(canvas, self._style, edge, level)
        self._clock.lay(canvas, timecode(number, FPS))
        self._lay_tiles(canvas, number)

    def _lay_tiles(self, canvas: Canvas, number: int) -> None:
        """Tiles below each other at the right, or beside each other below the slate on upright frames."""
        theme = self._theme
        edge, gap = theme.px(24), theme.px(12)
        top = edge + theme.px(54)
        if theme.upright:
            top = edge + self._slate.height + (self._style.height if self._style else 0) + 2 * gap
        for place, tile in enumerate(self._tiles):
            if theme.upright:
                tile.lay(canvas, edge + place * (tile.card.width + gap), top, number + 7 * place)
            else:
                left = canvas.width - edge - tile.card.width - (place // 2) * (tile.card.width + gap)
                tile.lay(canvas, left, top + (place % 2) * (tile.card.height + gap), number + 7 * place)
