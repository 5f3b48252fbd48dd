"""A cut as a table: one row for each event, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from sorasync.cuts.timeline import Placed, Timeline
from sorasync.manifest.cut_time import timecode

COLUMNS = (
    "event",
    "name",
    "scene",
    "clip",
    "take",
    "starts_at",
    "ends_at",
    "frames",
    "seconds",
    "source_in",
    "source_out",
    "transition",
    "footage",
    "cost_usd",
    "model",
    "size",
    "prompt",
    "file",
)
# What spreadsheets take for a formula at the beginning of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shot_list(timeline: Timeline, facts: Callable[[Placed], dict[str, str]]) -> str:
    """The table as CSV; `facts` gives the columns of an event that its timeline does not know."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for one in timeline.events:
        row = _row(one, timeline) | (facts(one) if one.render else {})
        table.writerow({name: _plain(value) for name, value in row.items()})
    return text.getvalue()


def _row(one: Placed, timeline: Timeline) -> dict[str, str]:
    rate, render = timeline.rate, one.render
    row = {
        "event": str(one.number),
        "name": one.name,
        "starts_at": timecode(one.start, rate),
        "ends_at": timecode(one.stop, rate),
        "frames": str(one.frames),
        "seconds": f"{float(one.frames / rate):.3f}",
        "transition": one.event.into.value if one.event.into else "",
    }
    if render is None:
        return row
    return row | {
        "scene": str(one.event.scene),
        "clip": one.event.clip or one.event.shown or "",
        "take": str(render.take),
        "source_in": timecode(one.source, rate),
        "source_out": timecode(one.source + one.frames, rate),
        "model": render.model,
        "size": render.size,
        "prompt": render.told_prompt,
    }


def _plain(value: str) -> str:
    """A value that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value
