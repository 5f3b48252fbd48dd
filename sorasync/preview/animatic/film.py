"""All frames of one script: the picture of each shot, and everything written over and below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sorasync.preview.animatic.canvas import Canvas, Planes, blank
from sorasync.preview.animatic.captions import draw_caption
from sorasync.preview.animatic.note import Box
from sorasync.preview.animatic.panel import PanelStatus, draw_panel, panel_height
from sorasync.preview.animatic.patch import Patch, lay
from sorasync.preview.animatic.script import Script
from sorasync.preview.animatic.slate import ClockFace, Title, draw_slate, draw_style, lay_bar, timecode
from sorasync.preview.animatic.stage import ShotLook, ShotStage, build
from sorasync.preview.animatic.tags import draw_tag
from sorasync.preview.animatic.text import Colour
from sorasync.preview.animatic.theme import Theme, accent_of
from sorasync.preview.animatic.timeline import ShotSpan, lay_out, readable, turn
from sorasync.preview.animatic.video import FPS

_STYLE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class FilmPart:
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
    """What is written in a shot; panel and caption change only with a beat or a spoken line."""

    accent: Colour
    tags: tuple[Patch, ...] = ()
    places: tuple[float, ...] = ()
    beat: int = -2
    line: int = -2
    panel: Planes | None = None
    caption: Patch | None = None


class Film:
    """Draws the frames of a script one after another; memory does not grow with the length."""

    def __init__(
        self, script: Script, title: Title, look: ShotLook, part: FilmPart, size: tuple[int, int]
    ) -> None:
        self._script, self._look, self._part = script, look, part
        self._size = size
        self._theme = theme = Theme(*size)
        self._floor = size[1] - panel_height(theme)
        self._spans = lay_out(script, part.frames)
        self._slate = draw_slate(theme, title, accent_of(script.shots[0].palette))
        self._clock = ClockFace(theme, timecode(part.total, FPS))
        self._time = self._clock.width(timecode(part.total, FPS))
        self._style = draw_style(theme, script.style, script.scene, self._slate.width, self._time)
        self._style_until = max(FPS, min(_STYLE_SECONDS * FPS, self._spans[0].stop))
        self._marks = tuple(mark / part.total for mark in self.marks if mark)

    @property
    def marks(self) -> tuple[int, ...]:
        """The frames of the whole video at which shots begin."""
        return (*self._part.marks, *(self._part.before + span.start for span in self._spans))

    @property
    def count(self) -> int:
        """How many frames it has."""
        return self._part.frames

    @property
    def slate_box(self) -> Box:
        """Where the slate lies."""
        edge = self._theme.px(24) // 2 * 2
        return edge, edge, self._slate.width, self._slate.height

    @property
    def clock_box(self) -> Box:
        """Where the running time lies."""
        edge = self._theme.px(24) // 2 * 2
        width = self._time + self._time % 2 + 2
        return (self._size[0] - width - edge) // 2 * 2, edge, width, self._clock.height

    @property
    def panel_box(self) -> Box:
        """Where the panel lies."""
        return 0, self._floor, self._size[0], self._size[1] - self._floor

    def frames(self) -> Iterator[Canvas]:
        """Every frame in order, on one and the same canvas: use it before the next is taken."""
        canvas = blank(*self._size)
        picture = canvas.part(0, 0, canvas.width, self._floor)
        for span in self._spans:
            shot = self._script.shots[span.shot]
            beats = readable(shot.beats, span.frames)
            stage = build(self._script, span.shot, self._look, (picture.width, picture.height), len(beats))
            overlay = self._overlay(stage, accent_of(shot.palette))
            for position in range(span.frames):
                self._update(overlay, span, beats, position)
                overlay.places = stage.film(picture, position, span.frames, FPS)
                self._write(canvas, overlay, self._part.before + span.start + position)
                yield canvas

    def _overlay(self, stage: ShotStage, accent: Colour) -> _Overlay:
        names = stage.names if self._floor < self._size[1] else ()
        return _Overlay(accent, tuple(draw_tag(self._theme, name, accent) for name in names))

    def _update(self, overlay: _Overlay, span: ShotSpan, beats: tuple[str, ...], position: int) -> None:
        """Draw the panel and the caption anew where a beat or line begins."""
        shot = self._script.shots[span.shot]
        beat = turn(len(beats), position, span.frames)
        if beat != overlay.beat:
            shots = len(self._script.shots)
            status = PanelStatus(span.shot, shots, beat, continued=shots == 1 and self._part.before > 0)
            overlay.beat, overlay.panel = beat, draw_panel(self._theme, shot, beats, status)
        line = turn(len(shot.lines), position, span.frames)
        if line != overlay.line:
            overlay.line = line
            overlay.caption = (
                draw_caption(self._theme, shot.lines[line], overlay.accent) if line >= 0 else None
            )

    def _write(self, canvas: Canvas, overlay: _Overlay, number: int) -> None:
        """Everything but the picture, on frame `number` of the whole video."""
        theme, floor = self._theme, self._floor
        self._write_top(canvas, number)
        if overlay.caption is not None:
            left = (canvas.width - overlay.caption.width) // 2
            lay(canvas, overlay.caption, left, floor - overlay.caption.height - theme.px(12))
        else:
            for tag, x in zip(overlay.tags, overlay.places, strict=False):
                left = round(x * canvas.width - tag.width / 2)
                lay(canvas, tag, left, floor - tag.height - theme.px(10))
        if overlay.panel is not None:
            canvas.part(*self.panel_box).put(overlay.panel)
        lay_bar(canvas, theme, (number + 1) / self._part.total, self._marks, overlay.accent)

    def _write_top(self, canvas: Canvas, number: int) -> None:
        """Slate and time; the style between them in the first shot, for some seconds."""
        theme = self._theme
        left, top, width, height = self.slate_box
        lay(canvas, self._slate, left, top)
        if self._style is not None and number - self._part.before < self._style_until:
            gap = theme.px(10)
            across, down = (left, top + height + gap) if theme.upright else (left + width + gap, top)
            lay(canvas, self._style, across, down)
        self._clock.lay(canvas, timecode(number, FPS))
