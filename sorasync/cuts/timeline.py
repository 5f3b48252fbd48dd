"""Lays a cut out in frames: which render is seen when, and what goes over into what. Pure.

A dissolve overlaps the two events that it joins, so it makes the cut shorter by its length; nothing outside
`in` and `out` is ever seen. A fade goes through black: the first half of it lies in the event before, the
second in the event after, and at the beginning or end of a cut all of it lies in the one event there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from sorasync.graph import address as addresses
from sorasync.graph.graph import Graph
from sorasync.graph.render import Render
from sorasync.manifest.cut_names import event_name
from sorasync.manifest.cut_spec import CutEvent, CutSpec, Transition
from sorasync.manifest.cut_time import seconds_text
from sorasync.manifest.faults import Fault
from sorasync.toml.positions import TomlPath

_FALLBACK_SIZE = (1280, 720)


@dataclass(frozen=True, slots=True)
class Placed:
    """One event on the timeline: frames `start` up to but without `stop` of the film.

    `render` is what is seen, None for black; `source` is the frame of it that is seen first. The first
    `dissolve_in` frames mix with the event before, the last `dissolve_out` with the one after; `fade_in` and
    `fade_out` are frames from and to black.
    """

    event: CutEvent
    number: int
    name: str
    render: Render | None
    start: int
    stop: int
    source: int = 0
    dissolve_in: int = 0
    dissolve_out: int = 0
    fade_in: int = 0
    fade_out: int = 0

    @property
    def frames(self) -> int:
        """How many frames of the film it has."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Timeline:
    """A cut in frames."""

    cut: CutSpec
    size: tuple[int, int]
    events: tuple[Placed, ...]

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return self.cut.rate

    @property
    def frames(self) -> int:
        """The length of the film."""
        return self.events[-1].stop if self.events else 0

    @property
    def renders(self) -> dict[str, Render]:
        """What is seen, by address, in order."""
        return {one.render.address: one.render for one in self.events if one.render is not None}


def lay_out(cut: CutSpec, graph: Graph) -> tuple[Timeline, list[Fault]]:
    """The timeline of a cut, and what does not add up. Each of its clips has a final render in `graph`."""
    placed: list[Placed] = []
    faults: list[Fault] = []
    now = 0
    for number, (event, shot) in enumerate(_numbered(cut), 1):
        render = None if event.shown is None else graph.renders[_shown(event.shown, event.take, graph)]
        frames, wrong = _length(event, render, cut.rate)
        if wrong is not None:
            faults.append(replace(wrong, address=f"cut.{cut.name}"))
        overlap = event.into_frames if event.into is Transition.DISSOLVE else 0
        name = _name(cut, event, number, shot, render)
        start = max(0, now - overlap)
        one = Placed(event, number, name, render, start, start + frames, event.start, dissolve_in=overlap)
        placed.append(_faded_in(one, first=number == 1))
        if len(placed) > 1:
            placed[-2] = _joined(placed[-2], event, overlap)
        now = one.stop
    if cut.out_of is not None and placed:
        placed[-1] = replace(placed[-1], fade_out=cut.out_of_frames)
    timeline = Timeline(cut, _size(cut, placed), tuple(placed))
    faults += (replace(fault, address=f"cut.{cut.name}") for fault in _contradictions(timeline))
    return timeline, faults


def _shown(address: str, take: int | None, graph: Graph) -> str:
    """The address of the render that an event shows: the last one of its clip or still, or a pinned take."""
    node = graph.node(address)
    assert node is not None and node.final is not None
    if take is None or take == (node.chosen or (1 if node.single else None)):
        return node.final
    return addresses.take(node.name, take, node.kind)


def _numbered(cut: CutSpec) -> Iterator[tuple[CutEvent, int]]:
    """The events with their shot numbers: declared, or counted on within the scene."""
    scene, shot = 0, 0
    for event in cut.events:
        if event.shown is not None:
            shot = event.shot or (shot + 1 if event.scene == scene else 1)
            scene = event.scene
        yield event, shot


def _name(cut: CutSpec, event: CutEvent, number: int, shot: int, render: Render | None) -> str:
    if render is None:
        return "gap"
    values: dict[str, str | int] = {
        "cut": cut.name,
        "clip": event.clip or event.still or "",
        "take": render.take,
        "scene": event.scene,
        "shot": shot,
        "event": number,
    }
    return event_name(cut.names, values)


def _length(event: CutEvent, render: Render | None, rate: Fraction) -> tuple[int, Fault | None]:
    """How many frames an event has, one at least, and what is wrong with its `in` and `out`."""
    if render is None or event.still is not None:
        return max(1, event.stop or 1), None
    whole = int(render.seconds * rate)
    stop = whole if event.stop is None else event.stop
    if max(stop, event.start + 1) <= whole:
        return max(1, stop - event.start), None
    key = "out" if event.stop is not None and event.stop > whole else "in"
    asked = seconds_text(event.stop if key == "out" and event.stop else event.start, rate)
    message = f"`{key}` is {asked}, but clip.{event.clip} has {render.seconds} s"
    path: TomlPath = (*event.origin.path, key)
    return max(1, min(stop, whole) - event.start), Fault("S118", message, event.origin.file, path)


def _faded_in(one: Placed, *, first: bool) -> Placed:
    if one.event.into is not Transition.FADE:
        return one
    length = one.event.into_frames
    return replace(one, fade_in=length if first else length - length // 2)


def _joined(before: Placed, event: CutEvent, overlap: int) -> Placed:
    """The event before, with what the transition into `event` makes of its end."""
    if event.into is Transition.FADE:
        return replace(before, fade_out=event.into_frames // 2)
    return replace(before, dissolve_out=overlap)


def _size(cut: CutSpec, placed: list[Placed]) -> tuple[int, int]:
    """Width and height, even as H.264 wants them."""
    text = cut.size or next((one.render.size for one in placed if one.render and one.render.size), "")
    width, height = map(int, text.split("x")) if text else _FALLBACK_SIZE
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def _contradictions(timeline: Timeline) -> Iterator[Fault]:
    cut, rate = timeline.cut, timeline.rate
    file, path = cut.origin.file, cut.origin.path
    for before, one in pairwise(timeline.events):
        if one.dissolve_in > min(before.frames, one.frames):
            shorter = min(before, one, key=lambda event: event.frames)
            message = (
                f"the dissolve into {_called(one)} is {seconds_text(one.dissolve_in, rate)} long, "
                f"but {_called(shorter)} has {seconds_text(shorter.frames, rate)}"
            )
            yield Fault("S118", message, one.event.origin.file, one.event.origin.path, on_key=True)
    for one in timeline.events:
        busy = one.dissolve_in + one.fade_in + one.fade_out + one.dissolve_out
        if busy > one.frames and max(one.dissolve_in, one.dissolve_out) <= one.frames:
            message = (
                f"{_called(one)} has {seconds_text(one.frames, rate)}, "
                f"but its transitions take {seconds_text(busy, rate)}"
            )
            yield Fault("S118", message, one.event.origin.file, one.event.origin.path, on_key=True)
    for index, marker in enumerate(cut.markers):
        if marker.at >= timeline.frames:
            message = f"the marker is at {seconds_text(marker.at, rate)}, {_after(timeline)}"
            yield Fault("S118", message, file, (*path, "markers", index, "at"))
    for track in cut.audio:
        if track.at >= timeline.frames:
            message = f"the sound begins at {seconds_text(track.at, rate)}, {_after(timeline)}"
            yield Fault("S118", message, file, (*track.origin.path, "at"))
    if cut.max_frames is not None and timeline.frames > cut.max_frames:
        over = seconds_text(timeline.frames - cut.max_frames, rate)
        message = f"the cut is {seconds_text(timeline.frames, rate)} long, {over} more than `max_length`"
        yield Fault("S118", message, file, (*path, "max_length"))


def _called(one: Placed) -> str:
    return one.event.shown or f"event {one.number}"


def _after(timeline: Timeline) -> str:
    return f"but the cut has {seconds_text(timeline.frames, timeline.rate)}"
