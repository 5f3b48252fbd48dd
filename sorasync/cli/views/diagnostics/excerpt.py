"""The part of a source line that fits beside a fault, and where the caret goes below it."""

from __future__ import annotations

from dataclasses import dataclass

from sorasync.cli.terminal.columns import cells

_LEAST_ROOM = 20
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line, cut at its ends where it is too long; `before` and `marked` are columns of the terminal."""

    line: str
    before: int
    marked: int


def excerpt(source: str, start: int, end: int, room: int) -> Excerpt:
    """What fits into that many columns around the characters from `start` to `end`, 0-based.

    If the line has to be cut, a third of the room is for the text before the fault.
    """
    room = max(room, _LEAST_ROOM)
    start = min(start, len(source))
    # Only look at what could fit: a line may have a million characters.
    before = _printable(source[max(0, start - room) : start])
    after = _printable(source[start : start + room + 1]).rstrip()
    whole = start <= room and cells(before) + cells(after) <= room
    if not whole and (start > room or cells(before) > room // 3):
        keep = max(room // 3, room - cells(after))
        before = before if start <= room and cells(before) <= keep else _CUT + _last(before, keep - 1)
    left = room - cells(before)
    marked = cells(after[: max(0, end - start)])
    if cells(after) > left:
        after = _first(after, left - 1) + _CUT
    return Excerpt(before + after, cells(before), max(1, min(marked, cells(after))))


def _printable(text: str) -> str:
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def _first(text: str, room: int) -> str:
    kept = text[:room]
    while cells(kept) > room:
        kept = kept[:-1]
    return kept


def _last(text: str, room: int) -> str:
    kept = text[-room:]
    while cells(kept) > room:
        kept = kept[1:]
    return kept
