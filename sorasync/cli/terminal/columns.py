"""Text that has to fit into a terminal's columns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

_NARROWEST = 40
_ELSEWHERE = 80


def screen_width() -> int:
    """The columns of the terminal; 80 without one."""
    return terminal_width() or _ELSEWHERE


def terminal_width() -> int | None:
    """The columns of the terminal, None without one."""
    if not sys.stdout.isatty():
        return None
    return max(_NARROWEST, shutil.get_terminal_size((_ELSEWHERE, 24)).columns)


def wrapped(text: str, width: int | None, *, first: int = 0, indent: int = 0) -> list[str]:
    """The text wrapped at spaces to that many columns; one line if there is no width.

    On the first line that many columns are already taken; the others are indented by `indent`.
    """
    if width is None or first + cells(text) <= width:
        return [text]
    lines, line, room = [], "", width - first
    for number, word in enumerate(text.split(" ")):
        if number and line.strip() and cells(line) + 1 + cells(word) > room:
            lines.append(line)
            line, room = " " * indent + word, width
        else:
            line = f"{line} {word}" if number else word
    return [*lines, line]


def cells(text: str) -> int:
    """The columns that a text takes: wide characters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """The text padded to the width; a longer one unchanged."""
    return text + " " * max(0, width - cells(text))


def told_apart(labels: Iterable[str], width: int) -> dict[str, str]:
    """Each label in at most `width` columns, its middle replaced by `…`, so that no two look alike.

    Variants of one matrix clip share their beginning and often their end, so the place of the cut is chosen
    by all of them. If no place keeps them apart they are not cut: a long line beats a wrong clip.
    """
    names = list(dict.fromkeys(labels))
    long = [name for name in names if cells(name) > width]
    if not long:
        return {name: name for name in names}
    kept = {name for name in names if cells(name) <= width}
    room = max(0, width - 1)
    half = room // 2
    for ahead in sorted(range(room + 1), key=lambda ahead: (abs(ahead - half), ahead)):
        shown = [f"{_first_cells(name, ahead)}…{_last_cells(name, room - ahead)}" for name in long]
        if len(set(shown) - kept) == len(long):
            return {name: name for name in kept} | dict(zip(long, shown, strict=True))
    return {name: name for name in names}


def _first_cells(text: str, width: int) -> str:
    end, room = 0, width
    for character in text:
        room -= cells(character)
        if room < 0:
            break
        end += 1
    return text[:end]


def _last_cells(text: str, width: int) -> str:
    return _first_cells(text[::-1], width)[::-1]


def cut(text: str, width: int) -> str:
    """The text on one line of at most that many columns, its end replaced by `…` where it is longer."""
    line = " ".join(text.split())
    if cells(line) <= width:
        return line
    kept, room = [], max(0, width - 1)
    for character in line:
        room -= cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"
