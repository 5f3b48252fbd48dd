"""How two versions of a cut differ, shot by shot. Pure.

A shot is known by what it shows: a clip or still, with its take if one is pinned. One whose place among the
others is another was moved; one that is only later because of what was put before it was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from fractions import Fraction

from sorasync.cuts.timeline import Placed, Timeline
from sorasync.manifest.cut_spec import CutEvent


class ShotChange(StrEnum):
    """What became of a shot. `other` is another sound, transition or name; `render` another picture."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    TRIMMED = "trimmed"
    RENDER = "render"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot in one version, with its times in seconds: in the cut, and in what it shows."""

    placed: Placed
    rate: Fraction

    @property
    def start(self) -> Fraction:
        """Where it begins in the cut."""
        return self.placed.start / self.rate

    @property
    def length(self) -> Fraction:
        """How long it is."""
        return self.placed.frames / self.rate

    @property
    def source(self) -> tuple[Fraction, Fraction]:
        """From where to where it shows its clip."""
        first = self.placed.source / self.rate
        return first, first + self.length


@dataclass(frozen=True, slots=True)
class ShotDifference:
    """One shot that differs. It may be moved and trimmed at once; added and removed stand alone."""

    changes: tuple[ShotChange, ...]
    before: Shot | None = None
    after: Shot | None = None


def shot_differences(before: Timeline | None, after: Timeline | None) -> list[ShotDifference]:
    """What changed from one version of a cut to another, in the order of the later one; None for no cut."""
    old, new = _shots(before), _shots(after)
    names = [_identity(shot.placed.event) for shot in old], [_identity(shot.placed.event) for shot in new]
    matcher = SequenceMatcher(None, *names, autojunk=False)
    kept = {b + at: a + at for a, b, size in matcher.get_matching_blocks() for at in range(size)}
    left = [at for at in range(len(old)) if at not in set(kept.values())]
    found: list[tuple[Fraction, ShotDifference]] = []
    for at, shot in enumerate(new):
        origin, moved = kept.get(at), False
        if origin is None:
            origin = next((one for one in left if names[0][one] == names[1][at]), None)
            moved = origin is not None
            if origin is not None:
                left.remove(origin)
        if origin is None:
            found.append((shot.start, ShotDifference((ShotChange.ADDED,), None, shot)))
            continue
        changes = (*([ShotChange.MOVED] if moved else []), *_changes(old[origin], shot))
        if changes:
            found.append((shot.start, ShotDifference(changes, old[origin], shot)))
    gone = [(old[at].start, ShotDifference((ShotChange.REMOVED,), old[at])) for at in left]
    return [one for _, one in sorted((*found, *gone), key=lambda pair: pair[0])]


def _shots(timeline: Timeline | None) -> list[Shot]:
    return [] if timeline is None else [Shot(placed, timeline.rate) for placed in timeline.events]


def _identity(event: CutEvent) -> tuple[str | None, int | None]:
    return event.shown, event.take


def _changes(before: Shot, after: Shot) -> Iterator[ShotChange]:
    old, new = before.placed, after.placed
    if before.source != after.source:
        yield ShotChange.TRIMMED
    if (old.render and old.render.key) != (new.render and new.render.key):
        yield ShotChange.RENDER
    if _manner(before) != _manner(after):
        yield ShotChange.OTHER


def _manner(shot: Shot) -> tuple[object, ...]:
    """How a shot is joined to the one before, how loud it is, and what it is called."""
    one, rate = shot.placed, shot.rate
    into = one.event.into_frames / rate
    return one.event.into, into, one.event.gain, one.event.scene, one.event.shot
