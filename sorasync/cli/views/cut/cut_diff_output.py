"""The output of `sorasync cut diff`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import padded
from sorasync.cuts.shot_changes import Shot, ShotChange, ShotDifference
from sorasync.manifest.cut_time import seconds_text, timecode
from sorasync.operations.cut_diff import CutComparison, CutDifference
from sorasync.text import and_more, counted

if TYPE_CHECKING:
    from sorasync.cuts.timeline import Timeline

_MARKS = {
    ShotChange.ADDED: ("+", "green"),
    ShotChange.REMOVED: ("-", "magenta"),
    ShotChange.MOVED: ("→", "blue"),
}
_CHANGED = ("±", "yellow")
_WIDEST = 40


def comparison_text(found: CutComparison, *, quiet: bool = False) -> Iterator[str]:
    """Each cut with its shots that differ, then how many of each kind."""
    for cut in found.cuts:
        yield _headline(cut)
        if not quiet:
            width = min(_WIDEST, max((len(_name(one)) for one in cut.shots), default=0))
            yield from (_shot_line(one, width) for one in cut.shots)
            if cut.settings:
                yield f"  changed: {', '.join(cut.settings)}"
    if found.unchanged:
        yield f"Unchanged: {and_more([f'cut.{name}' for name in found.unchanged], 8)}."
    counts = Counter(change for cut in found.cuts for one in cut.shots for change in one.changes)
    said = [f"{counts[kind]} {_WORDS[kind]}" for kind in ShotChange if counts[kind]]
    yield f"Shots since {found.revision}: {', '.join(said) if said else 'no difference'}."


_WORDS = {
    ShotChange.ADDED: "added",
    ShotChange.REMOVED: "removed",
    ShotChange.MOVED: "moved",
    ShotChange.TRIMMED: "trimmed",
    ShotChange.RENDER: "rendered differently",
    ShotChange.OTHER: "changed otherwise",
}


def _headline(cut: CutDifference) -> str:
    before, after = _length(cut.before), _length(cut.after)
    if cut.before is None:
        return click.style(f"cut.{cut.name}: new, {after}", bold=True)
    if cut.after is None:
        return click.style(f"cut.{cut.name}: removed, was {before}", bold=True)
    length = after if before == after else f"{before} → {after}"
    return click.style(f"cut.{cut.name}: {length}", bold=True)


def _length(timeline: Timeline | None) -> str:
    return "" if timeline is None else seconds_text(timeline.frames, timeline.rate)


def _shot_line(one: ShotDifference, width: int) -> str:
    mark, colour = _MARKS.get(one.changes[0], _CHANGED)
    shot = one.after or one.before
    assert shot is not None
    where = timecode(shot.placed.start, shot.rate)
    said = "; ".join(_sentences(one))
    return (
        f"  {click.style(mark, fg=colour, bold=True)} {where}  {padded(_name(one), width)}  {said}".rstrip()
    )


def _name(one: ShotDifference) -> str:
    shot = one.after or one.before
    assert shot is not None
    event = shot.placed.event
    take = f"#{event.take}" if event.take else ""
    return one_line(f"{event.shown}{take}") if event.shown else "black"


def _sentences(one: ShotDifference) -> Iterator[str]:
    before, after = one.before, one.after
    if before is None or after is None:
        shot = after or before
        assert shot is not None
        yield f"{_WORDS[one.changes[0]]}, {_seconds(shot.length)}"
        return
    if ShotChange.MOVED in one.changes:
        yield f"moved, was at {timecode(before.placed.start, before.rate)}"
    if ShotChange.TRIMMED in one.changes:
        yield _trim(before, after)
    if ShotChange.RENDER in one.changes:
        yield "uses another render"
    if ShotChange.OTHER in one.changes:
        yield ", ".join(_manners(before, after))


def _trim(before: Shot, after: Shot) -> str:
    """What is seen now and before, and by how much it is longer."""
    parts = []
    for key, was, now in zip(("in", "out"), before.source, after.source, strict=True):
        if was != now:
            parts.append(f"{key} {_seconds(now)}, was {_seconds(was)}")
    frames = round((after.length - before.length) * after.rate)
    if frames:
        parts.append(f"{counted(abs(frames), 'frame')} {'longer' if frames > 0 else 'shorter'}")
    return "; ".join(parts)


def _manners(before: Shot, after: Shot) -> Iterator[str]:
    old, new = before.placed.event, after.placed.event
    if (old.into, old.into_frames) != (new.into, new.into_frames):
        yield f"{_into(after)}, was {_into(before)}"
    if old.gain != new.gain:
        yield f"gain {new.gain:g} dB, was {old.gain:g}"
    if (old.scene, old.shot) != (new.scene, new.shot):
        yield "scene or shot number changed"


def _into(shot: Shot) -> str:
    event = shot.placed.event
    return "cut" if event.into is None else f"{event.into.value} of {_seconds(event.into_frames / shot.rate)}"


def _seconds(length: Fraction) -> str:
    return f"{float(length):.3f}".rstrip("0").rstrip(".") + " s"


def comparison_json(found: CutComparison) -> dict[str, object]:
    """The same as plain data. Times are seconds."""
    return {
        "format_version": 1,
        "revision": found.revision,
        "commit": found.commit,
        "cuts": [
            {
                "address": f"cut.{cut.name}",
                "seconds_before": _exact(cut.before),
                "seconds_after": _exact(cut.after),
                "settings": list(cut.settings),
                "shots": [
                    {
                        "shot": _name(one),
                        "changes": [change.value for change in one.changes],
                        "before": _shot_json(one.before),
                        "after": _shot_json(one.after),
                    }
                    for one in cut.shots
                ],
            }
            for cut in found.cuts
        ],
        "unchanged": [f"cut.{name}" for name in found.unchanged],
    }


def _exact(timeline: Timeline | None) -> float | None:
    return None if timeline is None else round(float(timeline.frames / timeline.rate), 3)


def _shot_json(shot: Shot | None) -> dict[str, object] | None:
    if shot is None:
        return None
    one, (first, last) = shot.placed, shot.source
    return {
        "event": one.number,
        "name": one.name,
        "starts_at": timecode(one.start, shot.rate),
        "frames": one.frames,
        "in": round(float(first), 3),
        "out": round(float(last), 3),
        "gain_db": one.event.gain,
        "transition": one.event.into.value if one.event.into else None,
        "key": one.render.key if one.render else None,
    }
