"""Adds to FCPXML what its adapter leaves out: gains, markers, and that videos have sound."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from fractions import Fraction

from sorasync.cuts.timeline import Placed, Timeline

_DOCTYPE = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n\n'


def completed(text: str, timeline: Timeline, reference: Callable[[Placed], str], sounding: set[str]) -> str:
    """The text with the gains and markers of a cut. `sounding` are the references of videos with sound.

    The adapter writes the events of a cut in order as the children of its spine, and each track of sound as
    a clip below them, the first one in lane -1.
    """
    root = ET.fromstring(text)
    for asset in root.iter("asset"):
        if asset.get("src") in sounding:
            asset.set("hasAudio", "1")
            asset.set("audioSources", "1")
    spine = root.find(".//spine")
    if spine is None:
        return text
    for element, one in zip(spine, timeline.events, strict=True):
        if one.render is not None and reference(one) in sounding:
            _set_gain(element, one.event.gain)
    for clip in spine.iter("clip"):
        lane = int(clip.get("lane", "0"))
        if lane < 0:
            _set_gain(clip, timeline.cut.audio[-lane - 1].gain)
    _add_markers(spine, timeline)
    ET.indent(root, "    ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _set_gain(element: ET.Element, gain: float) -> None:
    """Decibels as a bare number: DaVinci Resolve ignores `-6dB`, and Final Cut Pro reads both."""
    if gain:
        element.insert(0, ET.Element("adjust-volume", {"amount": f"{gain:g}"}))


def _add_markers(spine: Iterable[ET.Element], timeline: Timeline) -> None:
    """Each marker on the element that is seen then, in that element's own time."""
    rate = timeline.rate
    for marker in timeline.cut.markers:
        at = Fraction(marker.at) / rate
        for element in spine:
            offset, length = _time(element.get("offset")), _time(element.get("duration"))
            if offset <= at < offset + length:
                start = _time(element.get("start")) + at - offset
                facts = {"start": _text(start), "duration": _text(1 / rate), "value": marker.name}
                element.append(ET.Element("marker", facts))
                break


def _time(text: str | None) -> Fraction:
    return Fraction((text or "0s").removesuffix("s"))


def _text(seconds: Fraction) -> str:
    return f"{seconds.numerator}/{seconds.denominator}s" if seconds.denominator > 1 else f"{seconds}s"
