"""Editing: the source's own frames, graded, with the edit's words on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sorasync.preview.animatic.canvas import even
from sorasync.preview.animatic.grade import read_grade
from sorasync.preview.animatic.note import read_note, write_note
from sorasync.preview.animatic.patch import lay
from sorasync.preview.animatic.render import Meter
from sorasync.preview.animatic.ribbon import draw_ribbon, ribbon_top
from sorasync.preview.animatic.theme import Theme
from sorasync.preview.animatic.video import FPS, pictures, probe, writing


def edit(
    source: Path,
    prompt: str,
    out: Path,
    label: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write the source's frames with an edit visibly on top, in the same size and length.

    Colours named in the prompt are graded in. `label` becomes the address that later extensions show.
    `BadMedia` when the source cannot be decoded.
    """
    facts = probe(source)
    size = even(facts.width), even(facts.height)
    frames = max(1, round(facts.seconds * FPS))
    known = read_note(source)
    number = known.edits + 1 if known else 1
    grade, theme = read_grade(prompt), Theme(*size)
    ribbon = draw_ribbon(theme, prompt, number, grade.colours)
    note = ""
    if known:
        palette = grade.colours if len(grade.colours) > 1 else known.palette
        note = write_note(replace(known, palette=palette, edits=number, label=label or known.label))
    meter = Meter(progress, frames)
    with writing(out, *size, note) as writer:
        for canvas in pictures(source, *size, frames):
            grade.apply(canvas)
            lay(canvas, ribbon, 0, ribbon_top(theme, number))
            writer.put(canvas)
            meter.step()
