"""A cut and its film, as text and as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from sorasync.cli.app.failure import one_line
from sorasync.cli.views.plan.plan_json import usd
from sorasync.manifest.cut_time import seconds_text, timecode
from sorasync.operations.cut import CutFilm, CutView, Footage
from sorasync.operations.cut_files import SUBTITLES
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.cuts.timeline import Timeline

_MOST_NAMES = 5


def film_text(film: CutFilm, *, quiet: bool = False) -> Iterator[str]:
    """What was made, and what stands in for something."""
    view = film.view
    done = "" if film.made else " It was up to date."
    yield f"{one_line(os.path.relpath(film.path))}: {measures(view.timeline)}.{done}"
    if not quiet:
        yield from footage_text(view)


def file_text(view: CutView, out: Path, left_out: list[str], *, quiet: bool = False) -> Iterator[str]:
    """What was written, and what its format does not carry."""
    count = _subtitles(view, out)
    if count == 0:
        yield f"{one_line(str(out))}: empty, because no clip of the cut has dialogue."
        return
    lines = f"{counted(count, 'subtitle')}, " if count is not None else ""
    yield f"{one_line(str(out))}: {lines}{measures(view.timeline)}."
    if left_out:
        yield f"Not in {out.suffix} files: {', '.join(left_out)}."
    if not quiet:
        yield from footage_text(view)


def file_json(view: CutView, out: Path, left_out: list[str]) -> dict[str, object]:
    """What was written as plain data."""
    return {
        "format_version": 1,
        "file": str(out),
        "left_out": left_out,
        "subtitles": _subtitles(view, out),
        **cut_json(view),
    }


def _subtitles(view: CutView, out: Path) -> int | None:
    """How many lines of dialogue a file of subtitles has; None for another one."""
    if out.suffix.lower() != SUBTITLES:
        return None
    from sorasync.cuts.dialogue import film_dialogue

    return sum(1 for _ in film_dialogue(view.timeline, view.graph.renders))


def measures(timeline: Timeline) -> str:
    """The length, size and rate of a cut."""
    rate = timeline.rate
    fps = f"{float(rate):.3f}".rstrip("0").rstrip(".")
    width, height = timeline.size
    frames = counted(timeline.frames, "frame")
    return f"{seconds_text(timeline.frames, rate)}, {frames}, {width}x{height} at {fps} fps"


def footage_text(view: CutView) -> Iterator[str]:
    """What is not seen as it was rendered, and what to do about it."""
    missing = {kind: [at for at, one in view.footage.items() if one is kind] for kind in Footage}
    if names := missing[Footage.ELSEWHERE]:
        yield f"Rendered, but not here: {_names(view, names)}. To download: sorasync apply"
    if names := missing[Footage.FLIGHT]:
        yield f"Still rendering: {_names(view, names)}. To wait for them: sorasync wait"
    if names := missing[Footage.ANIMATIC]:
        price = f" To render them: {view.cost}." if view.cost.known_usd or view.cost.unknown else ""
        yield f"Not rendered: {_names(view, names)}.{price}"
    if any(one is not Footage.RENDERED for one in view.footage.values()):
        yield "Their animatics are shown instead, at no cost."


def _names(view: CutView, addresses: list[str]) -> str:
    shown = [quote(view.graph.label(address)) for address in addresses[:_MOST_NAMES]]
    more = len(addresses) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def film_json(film: CutFilm) -> dict[str, object]:
    """The film as plain data."""
    return {
        "format_version": 1,
        "file": str(film.path),
        "key": film.key,
        "made": film.made,
        **cut_json(film.view),
    }


def cut_json(view: CutView) -> dict[str, object]:
    """A cut with its events as plain data."""
    timeline, rate = view.timeline, view.timeline.rate
    return {
        **summary_json(view),
        "size": "{}x{}".format(*timeline.size),
        "fps": float(rate),
        "events": [
            {
                "event": one.number,
                "name": one.name,
                "address": view.graph.label(one.render.address) if one.render else None,
                "footage": view.footage[one.render.address].value if one.render else None,
                "starts_at": timecode(one.start, rate),
                "ends_at": timecode(one.stop, rate),
                "frames": one.frames,
                "source_frame": one.source,
            }
            for one in timeline.events
        ],
    }


def summary_lines(views: tuple[CutView, ...]) -> Iterator[str]:
    """One line for each cut: its length, how much of it is rendered, what is still to be paid."""
    for view in views:
        timeline, kinds = view.timeline, list(view.footage.values())
        parts = [
            seconds_text(timeline.frames, timeline.rate),
            f"{kinds.count(Footage.RENDERED)} of {counted(len(kinds), 'render')} done",
        ]
        if view.cost.known_usd or view.cost.unknown:
            parts.append(f"{view.cost} still to be paid")
        if not view.sound:
            parts.append("does not add up: sorasync validate")
        yield f"cut.{view.name}: {', '.join(parts)}"


def summary_json(view: CutView) -> dict[str, object]:
    """The length of a cut and what is still to be paid for."""
    timeline = view.timeline
    kinds = list(view.footage.values())
    return {
        "address": f"cut.{view.name}",
        "seconds": round(float(timeline.frames / timeline.rate), 3),
        "frames": timeline.frames,
        "renders": len(kinds),
        "rendered": kinds.count(Footage.RENDERED),
        "cost_usd": None if view.cost.unknown else usd(view.cost.known_usd),
        "valid": view.sound,
    }
