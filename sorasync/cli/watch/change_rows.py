"""The changes of a plan as rows that fit a window: the price is never what is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from sorasync.cli.app.failure import one_line, printable
from sorasync.cli.terminal.columns import cells, cut, padded
from sorasync.cli.views.plan.plan_text import mark_text
from sorasync.plan.change import Change
from sorasync.plan.change_words import price_text, what_text, why_text
from sorasync.text import counted

_LEAST_WHAT = 12
_LEAST_WHY = 12
_NARROW = 40


@dataclass(frozen=True, slots=True)
class _RowWidths:
    """The widths of address, action, price and reason; 0 for what is left out."""

    names: int
    whats: int
    prices: int
    whys: int


def plan_rows(changes: Sequence[Change], selected: int, most: int, width: int) -> list[Text]:
    """The changes around the selected one, and how many there are more."""
    if most <= 0:
        return []
    shown = most - 1 if len(changes) > most else most
    first = max(0, min(selected - shown // 2, len(changes) - shown))
    rows = changes[first : first + shown]
    columns = _share_width(rows, width)
    lines = []
    for number, change in enumerate(rows, first):
        pointed = number == selected and len(changes) > 1
        lines.append(Text("› " if pointed else "  ").append_text(_change_row(change, columns)))
    if len(changes) > len(rows):
        rest = counted(len(changes) - len(rows), "more change" if rows else "change")
        lines.append(Text(f"  … {rest}", style="dim"))
    return lines


def _share_width(rows: Sequence[Change], width: int) -> _RowWidths:
    """Divide the width: price first, then address, then action; the reason gets the rest."""
    prices = max((cells(price_text(change)) for change in rows), default=0)
    room = width - 4 - 2 - prices
    longest = max((cells(change.label) for change in rows), default=0)
    names = longest if room < _NARROW else min(longest, max(room // 2, room - 30))
    whats = max((cells(what_text(change)) for change in rows), default=0)
    left = room - names - 2
    if left < _LEAST_WHAT:
        return _RowWidths(min(longest, room), 0, prices, 0)
    if left < whats + 2 + _LEAST_WHY:
        return _RowWidths(names, min(whats, left), prices, max(0, left - whats - 2))
    return _RowWidths(names, whats, prices, left - whats - 2)


def _change_row(change: Change, columns: _RowWidths) -> Text:
    parts = [padded(cut(one_line(change.label), columns.names), columns.names)]
    if columns.whats:
        parts.append(padded(cut(one_line(what_text(change)), columns.whats), columns.whats))
    parts.append(price_text(change).rjust(columns.prices))
    if columns.whys >= _LEAST_WHY:
        parts.append(cut(one_line(why_text(change)), columns.whys))
    return Text.from_ansi(printable(f"{mark_text(change)} {'  '.join(parts)}"), no_wrap=True)
