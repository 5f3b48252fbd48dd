"""Diagnostics for people: place, sentence, source line with a caret, what was expected, the nearest fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from sorasync.cli.terminal.columns import cells, terminal_width, wrapped
from sorasync.cli.views.diagnostics.diagnostic_groups import DiagnosticGroup, grouped
from sorasync.cli.views.diagnostics.diagnostic_paths import from_here
from sorasync.cli.views.diagnostics.excerpt import excerpt
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.text import and_more, counted

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "cyan"}
# Columns of a source line without a terminal.
_WIDTH = 110
# Addresses of the same fault to name; the rest is counted.
_EXAMPLES = 2
_PLACES = 3
_CODES = 3


def diagnostics_text(diagnostics: Iterable[Diagnostic], width: int | None = None) -> Iterator[str]:
    """Blocks of lines, one for each fault; equal faults are one block with their count.

    The last line names the command that explains the codes. `width` is that of the terminal (default: of the
    one at hand); without one, sentences stay on one line, so that they can be searched.
    """
    groups = grouped(diagnostics)
    width = width or terminal_width()
    for group in groups:
        yield "\n".join(block_lines(group, width))
    codes = list(dict.fromkeys(group.first.code for group in groups))
    if codes:
        more = f" (also {', '.join(codes[1:_CODES])})" if len(codes) > 1 else ""
        yield f"More on this: sorasync explain {codes[0]}{more}"


def counts_text(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are: `1 error, 2 warnings`; empty where there are none."""
    levels = [diagnostic.severity for diagnostic in diagnostics]
    counts = [(levels.count(level), level.value) for level in Severity]
    return ", ".join(counted(count, word) for count, word in counts if count)


def block_lines(group: DiagnosticGroup, width: int | None) -> Iterator[str]:
    """One fault in full."""
    one = group.first
    yield from head_lines(group, width)
    if one.position and one.source is not None:
        yield from _snippet(one.position, one.source, _COLOURS[one.severity], width)
    for note in _notes(group):
        yield from wrapped(f"    {note}", width, indent=6)


def head_lines(group: DiagnosticGroup, width: int | None) -> Iterator[str]:
    """One fault in short: severity, place and message."""
    one = group.first
    colour = _COLOURS[one.severity]
    where = f"{_position_text(one.position)}: " if one.position else ""
    times = f" × {group.count}{_in_clips(group)}" if group.count > 1 else ""
    label = f"{one.severity.value}[{one.code}]{times}"
    first, *rest = wrapped(f"{where}{one.message}", width, first=cells(label) + 1, indent=4)
    yield f"{click.style(label, fg=colour, bold=True)} {first}"
    yield from rest


def _in_clips(group: DiagnosticGroup) -> str:
    """What the count counts, where that is clips: one clip may have the same fault more than once."""
    names = group.addresses
    alike = len(names) == group.count and all(name.startswith("clip.") for name in names)
    return " clips" if alike else ""


def _notes(group: DiagnosticGroup) -> Iterator[str]:
    one = group.first
    if group.places:
        yield f"also at: {and_more([_position_text(at) for at in group.places], _PLACES)}"
    if group.addresses:
        yield f"in: {and_more(group.addresses, _EXAMPLES)}"
    if one.expected:
        yield f"expected: {one.expected}"
    if one.fix:
        yield f"nearest: {one.fix}"


def _position_text(at: Position) -> str:
    return f"{from_here(at.file)}:{at.line}:{at.column}"


def _snippet(at: Position, source: str, colour: str, width: int | None) -> Iterator[str]:
    number = str(at.line)
    room = _WIDTH if width is None else width - len(number) - 5
    shown = excerpt(source, at.column - 1, at.end_column - 1, room)
    yield f"  {number} | {shown.line}"
    yield f"  {' ' * len(number)} | {' ' * shown.before}{click.style('^' * shown.marked, fg=colour)}"
