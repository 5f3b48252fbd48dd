"""Editing: the source's own frames, graded, with the edit's words beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sorasync.preview.animatic.canvas import Canvas, even
from sorasync.preview.animatic.grade import Grade, read_grade
from sorasync.preview.animatic.note import Box, Note, read_note, write_note
from sorasync.preview.animatic.page import Page, lay_page
from sorasync.preview.animatic.patch import Patch, lay
from sorasync.preview.animatic.render import Meter
from sorasync.preview.animatic.ribbon import EditCards, draw_ribbon, ribbon_top
from sorasync.preview.animatic.slate import draw_slate, title_of
from sorasync.preview.animatic.theme import Theme, accent_of
from sorasync.preview.animatic.video import FPS, pictures, probe, writing


def edit(
    source: Path,
    prompt: str,
    out: Path,
    label: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write the source's frames with an edit that shows, in the same size and length.

    Colours named in the prompt are graded into the picture; what is written stays as it is, but for the
    slate, which shows `label` if there is one. `BadMedia` when the source cannot be decoded.
    """
    facts = probe(source)
    size = even(facts.width), even(facts.height)
    frames = max(1, round(facts.seconds * FPS))
    known = read_note(source)
    number = known.edits + 1 if known else 1
    grade, theme = read_grade(prompt), Theme(*size)
    page = lay_page(theme, known.clean) if known else None
    words, (left, top) = _words(theme, page, prompt, number, grade)
    slate = _slate(theme, known, label)
    box = (left, top // 2 * 2, words.width, words.height)
    note = write_note(_noted(known, grade, label, number, box)) if known else ""
    meter = Meter(progress, frames)
    with writing(out, *size, note, known.spoken if known else ()) as writer:
        for canvas in pictures(source, *size, frames):
            _grade(canvas, grade, known.written if known else ())
            if known and slate:
                lay(canvas, slate, *known.slate[:2])
            if known is None or not known.clean:
                lay(canvas, words, left, top)
            writer.put(canvas)
            meter.step()


def _grade(canvas: Canvas, grade: Grade, written: tuple[Box, ...]) -> None:
    """Grade the picture down to a panel as wide as the frame, and put back what is written over it."""
    wide = canvas.width
    floor = min(
        (top for left, top, width, _ in written if left == 0 and width >= wide), default=canvas.height
    )
    picture = canvas.part(0, 0, wide, floor) if 1 < floor < canvas.height else canvas
    boxes = [box for box in written if box[1] < picture.height and min(picture.part(*box).u.shape) > 0]
    before = [picture.part(*box).copy() for box in boxes]
    grade.apply(picture)
    for box, part in zip(boxes, before, strict=True):
        picture.part(*box).put(part)


def _slate(theme: Theme, known: Note | None, label: str | None) -> Patch | None:
    """A slate with a label of its own, as large as the one on the source's frames."""
    if known is None or not label:
        return None
    title = title_of(label, known.model, theme.width, theme.height)
    page = lay_page(theme, known.clean)
    return draw_slate(theme, title, accent_of(known.palette), page.column[2:]) if page.has_text else None


def _words(
    theme: Theme, page: Page | None, prompt: str, number: int, grade: Grade
) -> tuple[Patch, tuple[int, int]]:
    """The edit's words and where they lie: beside the picture where there is a column, else on it."""
    if page is None or not page.has_text:
        return draw_ribbon(theme, prompt, number, grade.colours), (0, ribbon_top(theme, number))
    cards = EditCards.in_column(theme, page.column)
    return cards.draw(prompt, number, grade.colours), (page.column[0], cards.top(number))


def _noted(known: Note, grade: Grade, label: str | None, number: int, words: Box) -> Note:
    """What the file remembers: the source's note, with this edit's colours, label and words."""
    return replace(
        known,
        palette=grade.colours if len(grade.colours) > 1 else known.palette,
        graded=known.graded or len(grade.colours) > 1,
        edits=number,
        label=label or known.label,
        written=(*known.written, words),
    )
