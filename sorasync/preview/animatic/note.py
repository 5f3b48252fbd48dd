"""The note in an animatic's file, from which extensions and edits continue."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from sorasync.preview.animatic.canvas import RGB
from sorasync.preview.animatic.colours import Swatch
from sorasync.preview.animatic.speech import SaidLine
from sorasync.preview.animatic.video import note_of

_MARK = "animatic"
# Another version of the drawing counts frames and lays text out in another way.
_VERSION = 2
_MOST_MARKS = 500
_MOST_CAST = 8
_MOST_BOXES = 24
_MOST_LINES = 200
_LONGEST_LINE = 400

# Left, top, width and height in pixels, all even.
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Remembered:
    """A character: its name, a still (WebP in base64), and whether that is a framed card."""

    name: str
    still: str
    card: bool


@dataclass(frozen=True, slots=True)
class Note:
    """The last shot's palette, place, light and framing, what decided the composition, where shots begin
    (in frames), and how many edits lie on top.

    `cast` are the characters, of whom the last shot shows those of `stage`; `written` are the places that
    hold writing and no picture, `slate` that of the slate.
    """

    palette: tuple[Swatch, ...]
    place: str
    seed: str
    take: int
    shots: int
    people: int
    style: str
    lighting: str
    focus: str
    model: str
    label: str
    framing: str
    marks: tuple[int, ...] = (0,)
    edits: int = 0
    cast: tuple[Remembered, ...] = ()
    stage: tuple[str, ...] = ()
    written: tuple[Box, ...] = ()
    slate: Box = (0, 0, 0, 0)
    clean: bool = False
    graded: bool = False
    spoken: tuple[SaidLine, ...] = ()


def write_note(note: Note) -> str:
    """The note as text for the file."""
    return json.dumps(
        {_MARK: _VERSION, **asdict(note), "marks": note.marks[:_MOST_MARKS], "spoken": _few(note.spoken)},
        separators=(",", ":"),
    )


def _few(lines: tuple[SaidLine, ...]) -> list[dict[str, Any]]:
    return [{**asdict(line), "text": line.text[:_LONGEST_LINE]} for line in lines[:_MOST_LINES]]


def read_note(video: Path) -> Note | None:
    """The note of a file, or None when it was made by something else."""
    try:
        data = json.loads(note_of(video))
        return _parse_note(data) if data.get(_MARK) == _VERSION else None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def _parse_note(data: dict[str, Any]) -> Note:
    palette = tuple(Swatch(str(colour["name"]), _rgb(colour["rgb"])) for colour in data["palette"])
    if not palette:
        raise ValueError("a palette needs at least one colour")
    marks = tuple(int(mark) for mark in data["marks"])
    return Note(
        palette=palette[:6],
        place=str(data["place"]),
        seed=str(data["seed"]),
        take=int(data["take"]),
        shots=int(data["shots"]),
        people=int(data["people"]),
        style=str(data["style"]),
        lighting=str(data["lighting"]),
        focus=str(data["focus"]),
        model=str(data["model"]),
        label=str(data["label"]),
        framing=str(data["framing"]),
        marks=marks,
        edits=int(data["edits"]),
        cast=tuple(
            Remembered(str(one["name"]), str(one["still"]), bool(one["card"]))
            for one in data["cast"][:_MOST_CAST]
        ),
        stage=tuple(str(name) for name in data["stage"][:_MOST_CAST]),
        written=tuple(_box(box) for box in data["written"][:_MOST_BOXES]),
        slate=_box(data["slate"]),
        clean=bool(data["clean"]),
        graded=bool(data["graded"]),
        spoken=tuple(_said_line(one) for one in data["spoken"][:_MOST_LINES]),
    )


def _said_line(data: dict[str, Any]) -> SaidLine:
    start, stop = (min(1e5, max(0.0, float(data[key]))) for key in ("start", "stop"))
    return SaidLine(start, stop, str(data["speaker"])[:60], str(data["text"])[:_LONGEST_LINE])


def _box(values: list[int]) -> Box:
    left, top, width, height = (min(8192, max(0, int(value))) // 2 * 2 for value in values)
    return left, top, width, height


def _rgb(values: list[int]) -> RGB:
    r, g, b = (min(255, max(0, int(value))) for value in values)
    return r, g, b


def palette_of(picture: Image.Image) -> tuple[Swatch, ...]:
    """The five main colours of a picture, without names: for sources that carry no note."""
    small = picture.convert("RGB").resize((48, 48)).quantize(5)
    values = (small.getpalette() or [])[:15]
    triples = zip(*[iter(values)] * 3, strict=False)
    return tuple(Swatch("", (r, g, b)) for r, g, b in triples) or (Swatch("", (96, 96, 104)),)
