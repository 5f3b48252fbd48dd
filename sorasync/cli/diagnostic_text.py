"""Diagnostics for people: place, sentence, source line with a caret, what was expected, the nearest fix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import click

from sorasync.manifest.diagnostic import Diagnostic, Severity

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "cyan"}
_WIDTH = 110
_EXAMPLES = 2
"""How many of the same fault at one place are named before the rest is only counted."""


def diagnostics_text(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """Blocks of lines, one for each fault; the same fault at the same place is shown once with its count."""
    groups: dict[tuple[object, ...], list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        at = diagnostic.position
        groups[(diagnostic.code, at, diagnostic.message)].append(diagnostic)
    for same in groups.values():
        yield "\n".join(_block(same))


def _block(same: list[Diagnostic]) -> Iterator[str]:
    one = same[0]
    colour = _COLOURS[one.severity]
    where = f"{one.position.file}:{one.position.line}:{one.position.column}: " if one.position else ""
    times = f" × {len(same)}" if len(same) > 1 else ""
    head = click.style(f"{one.severity.value}[{one.code}]{times}", fg=colour, bold=True)
    yield f"{head} {where}{one.message}"
    if one.position and one.source:
        yield from _snippet(one, colour)
    addresses = [d.address for d in same if d.address]
    if addresses:
        more = f" and {len(addresses) - _EXAMPLES} more" if len(addresses) > _EXAMPLES else ""
        yield f"    in: {', '.join(addresses[:_EXAMPLES])}{more}"
    if one.expected:
        yield f"    expected: {one.expected}"
    if one.fix:
        yield f"    nearest: {one.fix}"


def _snippet(one: Diagnostic, colour: str) -> Iterator[str]:
    assert one.position is not None
    assert one.source is not None
    column, end = one.position.column, max(one.position.end_column, one.position.column + 1)
    start = max(0, column - 1 - _WIDTH // 2) if len(one.source) > _WIDTH else 0
    line = one.source[start : start + _WIDTH].replace("\t", " ").rstrip("\r\n")
    number = str(one.position.line)
    yield f"  {number} | {line}"
    caret = "^" * max(1, min(end - column, len(line) - (column - 1 - start)))
    yield f"  {' ' * len(number)} | {' ' * (column - 1 - start)}{click.style(caret, fg=colour)}"
