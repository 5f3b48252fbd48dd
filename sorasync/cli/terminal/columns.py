"""Text that has to fit into a terminal's columns."""

from __future__ import annotations

import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

_NARROWEST = 40
_ELSEWHERE = 80
# An address: its start, the values of its matrix if there is one, its take and step.
_ADDRESS = re.compile(r"([^\[#]*)(?:\[([^\]]*)\])?(#.*)?")
# What stands in backticks, and commands of ours outside of them, as far as their words are plain to see.
_COMMAND = re.compile(
    r"`[^`]*`|sorasync pick \S+ \S+|"
    r"sorasync (?:state |assets )?[a-z]+(?: (?:'[^']*'|\d\S*|--?\S+(?: '[^']*')?))*"
)
# How many columns each part of an address may take, tried in this order.
_SHARED = 6
_PARTS = (24, 18, 14, 11, 9, 7, 6, 5, 4, 3)

_Part = tuple[str, list[tuple[str, str]], str]


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

    On the first line that many columns are already taken; the others are indented by `indent`. What stands
    in backticks, and every command, stays on one line: pasted in two parts it would run as two others.
    """
    if width is None or first + cells(text) <= width:
        return [text]
    lines, line, room = [], "", width - first
    for number, word in enumerate(_words(text)):
        if number and line.strip() and cells(line) + 1 + cells(word) > room:
            lines.append(line)
            line, room = " " * indent + word, width
        else:
            line = f"{line} {word}" if number else word
    return [*lines, line]


def _words(text: str) -> list[str]:
    """The text split at spaces, except at those inside of commands."""
    held = _COMMAND.sub(lambda found: found[0].replace(" ", "\0"), text)
    return [word.replace("\0", " ") for word in held.split(" ")]


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

    In variants of one matrix clip each value is cut, by all of them in the same place. Where that is too
    long still, the label is cut once, and then the names of the variables go. If nothing keeps them apart
    they are not cut: a long line beats a wrong clip.
    """
    names = list(dict.fromkeys(labels))
    long = [name for name in names if cells(name) > width]
    kept = {name for name in names if cells(name) <= width}
    if not long:
        return {name: name for name in names}
    shown = (
        _cut_in_parts(long, kept, width, named=True)
        or _cut_once(long, kept, width)
        or _cut_in_parts(long, kept, width, named=False)
        or long
    )
    return {name: name for name in kept} | dict(zip(long, shown, strict=True))


def _cut_once(long: Sequence[str], kept: set[str], width: int) -> list[str] | None:
    """The labels with one cut in the same place, None if no place keeps them apart."""
    room = max(0, width - 1)
    half = room // 2
    for ahead in sorted(range(room + 1), key=lambda ahead: (abs(ahead - half), ahead)):
        shown = (f"{_first_cells(name, ahead)}…{_last_cells(name, room - ahead)}" for name in long)
        if found := _all_apart(shown, kept, width):
            return found
    return None


def _cut_in_parts(long: Sequence[str], kept: set[str], width: int, *, named: bool) -> list[str] | None:
    """The labels with their start and each value of a matrix cut, None if that does not keep them apart."""
    parts = [_parts(name) for name in long]
    starts = {start for start, _, _ in parts}
    values: dict[str, set[str]] = defaultdict(set)
    for _, pairs, _ in parts:
        for name, value in pairs:
            values[name].add(value)
    if not values:
        return None
    for room in _PARTS:
        heads = _short_texts(starts, room)
        # A value that all of them share tells nothing apart.
        texts = {
            name: _short_texts(found, room if len(found) > 1 else min(room, _SHARED))
            for name, found in values.items()
        }
        shown = (_joined(heads, texts, part, named=named) for part in parts)
        if found := _all_apart(shown, kept, width):
            return found
    return None


def _joined(
    heads: Mapping[str, str], texts: Mapping[str, Mapping[str, str]], part: _Part, *, named: bool
) -> str:
    start, pairs, tail = part
    inner = ",".join(f"{name}=" * named + texts[name][value] for name, value in pairs)
    return f"{heads[start]}{f'[{inner}]' if pairs else ''}{tail}"


def _all_apart(shown: Iterable[str], kept: set[str], width: int) -> list[str] | None:
    """The texts if all fit and no two are alike, or like one of `kept`; stops at the first that is not so."""
    found: dict[str, None] = {}
    for text in shown:
        if cells(text) > width or text in found or text in kept:
            return None
        found[text] = None
    return list(found)


def _parts(label: str) -> _Part:
    """An address in parts: start, values by name, take and step. Anything else is all start."""
    found = _ADDRESS.fullmatch(label)
    if found is None:
        return label, [], ""
    start, inner, tail = found.groups(default="")
    pairs = [pair.partition("=") for pair in inner.split(",")] if inner else []
    return start, [(name, value) for name, _, value in pairs], tail


def _short_texts(texts: set[str], width: int) -> dict[str, str]:
    """The texts with one cut each; whole where that does not keep them apart."""
    kept = {text for text in texts if cells(text) <= width}
    long = sorted(texts - kept)
    shown = _cut_at_end(long, kept, width) or _cut_once(long, kept, width) or long
    return {text: text for text in kept} | dict(zip(long, shown, strict=True))


def _cut_at_end(long: Sequence[str], kept: set[str], width: int) -> list[str] | None:
    return _all_apart((f"{_first_cells(text, width - 1).rstrip()}…" for text in long), kept, width)


def _first_cells(text: str, width: int) -> str:
    if text.isascii():
        return text[: max(0, width)]
    end, room = 0, width
    for character in text:
        room -= cells(character)
        if room < 0:
            break
        end += 1
    return text[:end]


def _last_cells(text: str, width: int) -> str:
    if text.isascii():
        return text[max(0, len(text) - width) :]
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
