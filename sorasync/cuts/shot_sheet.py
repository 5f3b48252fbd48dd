"""A cut as a PDF: a shot list with a picture, the times, the prompt and the price of every event."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import ImageFont

from sorasync.cuts.pictures import UnreadableSource, source_pictures
from sorasync.cuts.timeline import Placed, Timeline
from sorasync.manifest.cut_time import seconds_text, timecode

if TYPE_CHECKING:
    from PIL.Image import Image

# Of A4, in millimetres.
_MARGIN: Final = 14
_PICTURE: Final = 62
_GAP: Final = 5
_FAMILY: Final = "shots"
# Pixels of a picture, across.
_PIXELS: Final = 640
_FAINT: Final = (95, 95, 105)


@dataclass(frozen=True, slots=True)
class SheetText:
    """What a sheet says beside what the timeline knows: below its title, and of an event, a line each."""

    title: str
    summary: str
    facts: Callable[[Placed], list[str]]


def shot_sheet(
    timeline: Timeline,
    text: SheetText,
    path_of: Callable[[Placed], Path | None],
    fonts: tuple[Path, ...],
    progress: Callable[[float], None],
) -> bytes:
    """The sheet. `fonts` are tried in order for what a font before them has no glyph for."""
    with tempfile.TemporaryDirectory() as directory:
        sheet = _Sheet(fonts, Path(directory))
        sheet.begin(text.title, text.summary)
        for number, one in enumerate(timeline.events, 1):
            sheet.event(one, timeline, text.facts(one), _picture_of(one, timeline, path_of(one)))
            progress(number / len(timeline.events))
        return sheet.data()


def _picture_of(one: Placed, timeline: Timeline, path: Path | None) -> Image | None:
    """The picture in the middle of an event, None for black and for what cannot be read."""
    if path is None:
        return None
    width, height = timeline.size
    size = _PIXELS, max(2, round(_PIXELS * height / width / 2) * 2)
    try:
        picture = next(source_pictures(path, one.source + one.frames // 2, 1, timeline.rate, size))
    except UnreadableSource:
        return None
    frame = av.VideoFrame.from_ndarray(picture.reshape(size[1] * 3 // 2, size[0]), format="yuv420p")
    image: Image = frame.to_image()  # type: ignore[no-untyped-call]
    return image


class _Sheet:
    """The pages as they are written."""

    def __init__(self, fonts: tuple[Path, ...], directory: Path) -> None:
        self._pdf = pdf = FPDF(format="A4")
        # Otherwise two sheets of one cut would differ by the moment.
        pdf.creation_date = datetime(2000, 1, 1, tzinfo=UTC)
        pdf.set_margin(_MARGIN)
        pdf.set_auto_page_break(auto=False)
        self._add_fonts(fonts or (_own_font(directory),))

    def _add_fonts(self, fonts: tuple[Path, ...]) -> None:
        # What no font has is said once, in the words of this program.
        for name in ("fpdf", "fontTools"):
            logging.getLogger(name).setLevel(logging.ERROR)
        names = [_FAMILY, *(f"{_FAMILY}{number}" for number in range(1, len(fonts)))]
        for name, path in zip(names, fonts, strict=True):
            self._pdf.add_font(name, fname=path)
        self._pdf.set_fallback_fonts(names[1:])

    def begin(self, title: str, summary: str) -> None:
        """The first page, with what stands above its events."""
        self._pdf.set_title(title)
        self._pdf.add_page()
        self._line(title, 17, 9)
        self._line(summary, 10, 6, faint=True)
        self._pdf.ln(4)

    def event(self, one: Placed, timeline: Timeline, facts: list[str], picture: Image | None) -> None:
        """One event: its picture, and what is to be said of it beside it. It is never parted."""
        pdf = self._pdf
        tall = _PICTURE * timeline.size[1] / timeline.size[0]
        lines = list(_lines(one, timeline))
        prompt = " ".join(one.render.told_prompt.split()) if one.render else ""
        left, width = _MARGIN + _PICTURE + _GAP, pdf.w - 2 * _MARGIN - _PICTURE - _GAP
        prompt, needed = self._fitting(prompt, width, pdf.h / 2)
        height = max(tall, 7 + 5 * (len(lines) + len(facts)) + needed)
        if pdf.y + height > pdf.h - _MARGIN - 6:
            pdf.add_page()
        top = pdf.y
        if picture is not None:
            buffer = io.BytesIO()
            picture.save(buffer, "JPEG", quality=85)
            pdf.image(buffer, _MARGIN, top, _PICTURE, tall)
        else:
            pdf.set_fill_color(0)
            pdf.rect(_MARGIN, top, _PICTURE, tall, style="F")
        pdf.set_xy(left, top)
        self._line(f"{one.number}  {one.name}", 12, 7, left)
        for line in (*lines, *facts):
            self._line(line, 9, 5, left, faint=True)
        if prompt:
            self._write(prompt, width, left)
        pdf.set_xy(_MARGIN, top + height + _GAP)

    def _fitting(self, prompt: str, width: float, room: float) -> tuple[str, float]:
        """The prompt, shortened to what there is room for, and its height."""
        self._pdf.set_font(_FAMILY, size=9)
        while prompt:
            height = self._pdf.multi_cell(width, 4.6, prompt, dry_run=True, output="HEIGHT", align="L")
            assert isinstance(height, float)
            if height <= room:
                return prompt, height
            prompt = prompt[: int(len(prompt) * room / height) - 2].rstrip() + "…"
        return "", 0

    def _write(self, text: str, width: float, left: float) -> None:
        self._pdf.set_font(_FAMILY, size=9)
        self._pdf.set_text_color(0)
        self._pdf.set_x(left)
        self._pdf.multi_cell(width, 4.6, text, align="L")

    def _line(
        self, text: str, size: int, height: float, left: float = _MARGIN, *, faint: bool = False
    ) -> None:
        pdf = self._pdf
        pdf.set_font(_FAMILY, size=size)
        pdf.set_text_color(_FAINT if faint else (0, 0, 0))
        pdf.set_x(left)
        pdf.cell(pdf.w - _MARGIN - left, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def data(self) -> bytes:
        """The finished file."""
        return bytes(self._pdf.output())


def _lines(one: Placed, timeline: Timeline) -> Iterator[str]:
    rate, into = timeline.rate, one.event.into
    yield f"{timecode(one.start, rate)} to {timecode(one.stop, rate)}, {seconds_text(one.frames, rate)}"
    joined = f"{into.value} of {seconds_text(one.event.into_frames, rate)}" if into else ""
    shown = one.event.shown
    if shown is not None and one.render is not None:
        take = f"take {one.render.take}"
        yield ", ".join(filter(None, (shown, take, one.render.model, one.render.size, joined)))
    elif joined:
        yield joined


def _own_font(directory: Path) -> Path:
    """The font that Pillow brings along, for machines without any."""
    path, found = directory / "font.ttf", ImageFont.load_default(12)
    data = getattr(found, "path", None)
    path.write_bytes(data.getvalue() if isinstance(data, io.BytesIO) else b"")
    return path
