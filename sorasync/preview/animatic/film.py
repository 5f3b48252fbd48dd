"""All frames of one script: the picture of each shot, and the text around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sorasync.preview.animatic.canvas import Canvas, Planes, blank
from sorasync.preview.animatic.note import Box
from sorasync.preview.animatic.page import lay_page
from sorasync.preview.animatic.panel import PanelStatus, draw_panel
from sorasync.preview.animatic.patch import Patch, lay
from sorasync.preview.animatic.script import Script
from sorasync.preview.animatic.slate import ClockFace, Title, draw_column, draw_slate, lay_bar, timecode
from sorasync.preview.animatic.speech import SaidLine
from sorasync.preview.animatic.stage import ShotLook, ShotStage, build
from sorasync.preview.animatic.tags import draw_tag
from sorasync.preview.animatic.text import Colour
from sorasync.preview.animatic.theme import CARD, Theme, accent_of
from sorasync.preview.animatic.timeline import ShotSpan, lay_out, readable, spoken_at, spoken_spans, turn
from sorasync.preview.animatic.video import FPS


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
    """What is written in a shot; the panel changes only with a beat or a spoken line."""

    accent: Colour
    column: Planes
    beats: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    shown: tuple[int, int] = (-2, -2)
    panel: Planes | None = None


class Film:
    """Draws the frames of a script one after another; memory does not grow with the length."""

    def __init__(
        self, script: Script, title: Title, look: ShotLook, part: FilmPart, size: tuple[int, int]
    ) -> None:
        self._script, self._look, self._part = script, look, part
        self._size = size
        self._theme = theme = Theme(*size)
        self._page = lay_page(theme, look.clean)
        self._spans = lay_out(script, part.frames)
        self._tags: dict[tuple[str, Colour], Patch] = {}
        if self._page.has_text:
            self._slate = draw_slate(theme, title, accent_of(script.shots[0].palette), self._page.column[2:])
            self._clock = ClockFace(theme, timecode(part.total, FPS))
        self._marks = tuple(mark / part.total for mark in self.marks if mark)

    @property
    def marks(self) -> tuple[int, ...]:
        """The frames of the whole video at which shots begin."""
        return (*self._part.marks, *(self._part.before + span.start for span in self._spans))

    @property
    def lines(self) -> tuple[SaidLine, ...]:
        """The lines of its shots, in seconds of the whole video."""
        found = []
        for span in self._spans:
            lines = self._script.shots[span.shot].lines
            begin = self._part.before + span.start
            for line, (start, stop) in zip(lines, spoken_spans(lines, span.frames), strict=True):
                found.append(SaidLine((begin + start) / FPS, (begin + stop) / FPS, line.speaker, line.text))
        return tuple(found)

    @property
    def count(self) -> int:
        """How many frames it has."""
        return self._part.frames

    @property
    def picture_size(self) -> tuple[int, int]:
        """The size of the picture, without the text around it."""
        return self._page.picture

    @property
    def slate_box(self) -> Box:
        """Where the slate lies; empty without text."""
        if not self._page.has_text:
            return 0, 0, 0, 0
        return self._page.column[0], 0, self._slate.width, self._slate.height

    @property
    def text_boxes(self) -> tuple[Box, ...]:
        """The places that hold text and no picture."""
        return (self._page.column, self._page.panel) if self._page.has_text else ()

    def frames(self) -> Iterator[Canvas]:
        """Every frame in order, on one and the same canvas: use it before the next is taken."""
        canvas = blank(*self._size, CARD[:3])
        picture = canvas.part(0, 0, *self._page.picture)
        for span in self._spans:
            stage = build(self._script, span.shot, self._look, self._page.picture, self._theme.face(17))
            overlay = self._overlay(span) if self._page.has_text else None
            for position in range(span.frames):
                places = stage.film(picture, position, span.frames, FPS)
                if overlay is not None:
                    self._tag(picture, stage, places, overlay.accent)
                    self._write(canvas, overlay, span, position)
                yield canvas

    def _overlay(self, span: ShotSpan) -> _Overlay:
        shot = self._script.shots[span.shot]
        column = draw_column(self._theme, self._script, shot, self._slate, self._page.column[2:])
        spans = spoken_spans(shot.lines, span.frames)
        return _Overlay(accent_of(shot.palette), column, readable(shot.beats, span.frames), spans)

    def _tag(
        self, picture: Planes, stage: ShotStage, places: tuple[tuple[str, float, float], ...], accent: Colour
    ) -> None:
        """Names under those who have one: characters, and people who are spoken of by a word of their own."""
        names = {one.label for one in stage.reading.entities if one.kind in ("cast", "person")}
        done: set[str] = set()
        for name, x, foot in places:
            if name not in names or name in done:
                continue
            done.add(name)
            key = name, accent
            if key not in self._tags:
                self._tags[key] = draw_tag(self._theme, name, accent)
            tag = self._tags[key]
            top = min(
                picture.height - tag.height - self._theme.px(8),
                round(foot * picture.height) + self._theme.px(4),
            )
            left = min(max(0, round(x * picture.width - tag.width / 2)), picture.width - tag.width)
            lay(picture, tag, left, max(0, top))

    def _write(self, canvas: Canvas, overlay: _Overlay, span: ShotSpan, position: int) -> None:
        """All text of a frame."""
        shot = self._script.shots[span.shot]
        beat, line = turn(len(overlay.beats), position, span.frames), spoken_at(overlay.spans, position)
        if (beat, line) != overlay.shown:
            first, shots = self._look.first, len(self._script.shots)
            said = shot.lines[line] if line >= 0 else None
            status = PanelStatus(first + span.shot, first + shots, beat, said)
            overlay.shown = beat, line
            overlay.panel = draw_panel(self._theme, shot, overlay.beats, status, self._page.panel[2:])
        number = self._part.before + span.start + position
        canvas.part(*self._page.column).put(overlay.column)
        left, _, _, bottom = self._page.column
        self._clock.lay(canvas, timecode(number, FPS), left, bottom)
        if overlay.panel is not None:
            canvas.part(*self._page.panel).put(overlay.panel)
        lay_bar(canvas, self._theme, (number + 1) / self._part.total, self._marks, overlay.accent)
