"""Diagnostics for people: place, sentence, source line with a caret, what was expected, the nearest fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

import click

from sorasync.cli.diagnostic_groups import Group, grouped
from sorasync.counted import counted
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "cyan"}
_WIDTH = 110
_EXAMPLES = 2
"""How many addresses of the same fault are named before the rest is only counted."""
_PLACES = 3
_CODES = 3


def diagnostics_text(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """Blocks of lines, one for each fault; equal faults are one block with their count.

    The last line names the command that explains the codes.
    """
    groups = grouped(diagnostics)
    for group in groups:
        yield "\n".join(_block(group))
    codes = list(dict.fromkeys(group.first.code for group in groups))
    if codes:
        more = f" (also {', '.join(codes[1:_CODES])})" if len(codes) > 1 else ""
        yield f"More on this: sorasync explain {codes[0]}{more}"


def counts_text(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are: `1 error, 2 warnings`; empty where there are none."""
    levels = [diagnostic.severity for diagnostic in diagnostics]
    counts = [(levels.count(level), level.value) for level in Severity]
    return ", ".join(counted(count, word) for count, word in counts if count)


def _block(group: Group) -> Iterator[str]:
    one = group.first
    colour = _COLOURS[one.severity]
    where = f"{_place(one.position)}: " if one.position else ""
    times = f" × {group.count}" if group.count > 1 else ""
    head = click.style(f"{one.severity.value}[{one.code}]{times}", fg=colour, bold=True)
    yield f"{head} {where}{one.message}"
    if one.position and one.source:
        yield from _snippet(one.position, one.source, colour)
    if group.places:
        yield f"    also at: {_some([_place(at) for at in group.places], _PLACES)}"
    if group.addresses:
        yield f"    in: {_some(group.addresses, _EXAMPLES)}"
    if one.expected:
        yield f"    expected: {one.expected}"
    if one.fix:
        yield f"    nearest: {one.fix}"


def _place(at: Position) -> str:
    return f"{at.file}:{at.line}:{at.column}"


def _some(items: Iterable[str], most: int) -> str:
    listed = list(items)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _snippet(at: Position, source: str, colour: str) -> Iterator[str]:
    column, end = at.column, max(at.end_column, at.column + 1)
    start = max(0, column - 1 - _WIDTH // 2) if len(source) > _WIDTH else 0
    line = source[start : start + _WIDTH].replace("\t", " ").rstrip("\r\n")
    before, marked = line[: column - 1 - start], line[column - 1 - start : end - 1 - start]
    number = str(at.line)
    yield f"  {number} | {line}"
    caret = "^" * max(1, _cells(marked))
    yield f"  {' ' * len(number)} | {' ' * _cells(before)}{click.style(caret, fg=colour)}"


def _cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
