"""Reads the text of a storyboard back into its parts, each with its offset in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sorasync.toml.positions import TomlPath

_SHOT = re.compile(r"^Shot \d+$", re.MULTILINE)
_FIELDS = {
    "Camera": "camera",
    "Depth of field": "depth_of_field",
    "Action": "action",
    "Lighting": "lighting",
    "Palette": "palette",
    "Sound": "sound",
    "Dialogue": "dialogue",
}
_SAID = re.compile(r'^- ([^\n]*?): "(.*)"$')


class BoardPart(NamedTuple):
    """A piece of text of a storyboard; `path` is its place inside the clip's table."""

    path: TomlPath
    start: int
    text: str

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        return self.start + len(self.text)


@dataclass(slots=True)
class BoardShot:
    """One shot: the span of its block, and its parts by field."""

    start: int
    end: int
    parts: dict[str, list[BoardPart]] = field(default_factory=dict)

    def of(self, name: str) -> list[BoardPart]:
        """The parts of a field, none if the shot does not have it."""
        return self.parts.get(name, [])

    def text(self, name: str) -> str:
        """A field's text in lower case, empty if the shot does not have it."""
        return " ".join(part.text for part in self.of(name)).lower()


@dataclass(slots=True)
class Board:
    """A storyboard: the text before the first shot, and the shots."""

    head: list[BoardPart]
    shots: list[BoardShot]

    def parts(self) -> Iterator[BoardPart]:
        """Every part in the order of the text."""
        yield from self.head
        for shot in self.shots:
            for parts in shot.parts.values():
                yield from parts


def read_board(text: str) -> Board | None:
    """The parts of a storyboard's text; None for any other text."""
    if "Shot 1\n" not in text and not text.startswith("Style: "):
        return None
    starts = [match.start() for match in _SHOT.finditer(text)]
    ends = [*starts[1:], len(text)] if starts else []
    shots = [
        _shot_at(text, start, end, index) for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    return Board(list(_head(text[: starts[0] if starts else len(text)])), shots)


def _head(text: str) -> Iterator[BoardPart]:
    start = 0
    if text.startswith("Style: "):
        end = text.find("\n")
        end = len(text) if end < 0 else end
        yield BoardPart(("style",), len("Style: "), text[len("Style: ") : end])
        start = end
    scene = text[start:].strip("\n")
    if scene:
        yield BoardPart(("scene",), text.index(scene, start), scene)


def _shot_at(text: str, start: int, end: int, index: int) -> BoardShot:
    shot, name, at = BoardShot(start, end), "", start
    for line in text[start:end].split("\n"):
        label, colon, value = line.partition(":")
        if colon and label in _FIELDS:
            name, start_of_value = _FIELDS[label], at + len(line) - len(value.lstrip(" "))
            for part in _inline(value.strip(" "), start_of_value, name, index):
                shot.parts.setdefault(name, []).append(part)
        elif line.startswith("- ") and name in ("action", "dialogue"):
            parts = shot.parts.setdefault(name, [])
            parts.append(_item(line, at, name, index, len(parts)))
        at += len(line) + 1
    return shot


def _inline(value: str, start: int, name: str, index: int) -> Iterator[BoardPart]:
    if not value:
        return
    if name != "palette":
        yield BoardPart(("shots", index, name), start, value)
        return
    for number, colour in enumerate(value.split(", ")):
        yield BoardPart(("shots", index, name, number), start, colour)
        start += len(colour) + 2


def _item(line: str, at: int, name: str, index: int, number: int) -> BoardPart:
    said = _SAID.match(line) if name == "dialogue" else None
    if said:
        return BoardPart(("shots", index, name, number, "line"), at + said.start(2), said[2])
    return BoardPart(("shots", index, name, number), at + 2, line[2:])
