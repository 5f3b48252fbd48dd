"""Writes a cut for editing programs, with OpenTimelineIO and its published adapters.

The one clip is cut to the other in the middle of their dissolve, which needs nothing outside `in` and `out`.
Fades and gains have no common form among these formats: OpenTimelineIO keeps them as metadata.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sorasync.cuts.timeline import Placed, Timeline
from sorasync.errors import SorasyncError
from sorasync.manifest.cut_spec import AudioTrack

if TYPE_CHECKING:
    import opentimelineio as otio

_METADATA = "sorasync"
_DISSOLVE = "SMPTE_Dissolve"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One file format: its adapter, and what the adapter leaves out of what a cut can have.

    `audio` says whether it takes sound tracks, `rates` are those that it has timecode for, None for any.
    """

    adapter: str
    title: str
    loses: tuple[str, ...] = ()
    audio: bool = True
    rates: tuple[int, ...] | None = None


_TIMECODE_RATES = (24, 25, 30, 48, 50, 60)
DIALECTS: Final[dict[str, Dialect]] = {
    ".otio": Dialect("otio_json", "OpenTimelineIO"),
    ".edl": Dialect(
        "cmx_3600",
        "CMX 3600 EDL",
        ("sound tracks", "fades", "gains", "markers"),
        audio=False,
        rates=_TIMECODE_RATES,
    ),
    ".fcpxml": Dialect("fcpx_xml", "FCPXML", ("fades", "dissolves (cuts at their middle)")),
    ".xml": Dialect("fcp_xml", "Final Cut Pro 7 XML", ("fades", "gains"), rates=_TIMECODE_RATES),
}
# A bundle of an .otio file with all its media.
BUNDLE: Final = ".otioz"


@dataclass(frozen=True, slots=True)
class MediaNames:
    """How the file refers to media: an event's video and a track's sound, relative to the file (POSIX).

    `sounding` are the references of videos with sound.
    """

    video: Callable[[Placed], str]
    sound: Callable[[AudioTrack], str]
    sounding: frozenset[str] = frozenset()


def interchange_text(timeline: Timeline, suffix: str, names: MediaNames) -> str:
    """A cut in the format of that suffix. Raises `SorasyncError` for a rate that it does not have."""
    dialect = DIALECTS[suffix]
    if dialect.rates is not None and round(timeline.rate) not in dialect.rates:
        rates = ", ".join(map(str, dialect.rates))
        raise SorasyncError(
            f"{dialect.title} has no timecode for {round(timeline.rate)} frames a second",
            hint=f"set `fps` of cut.{timeline.cut.name} to one of {rates}, or write .otio",
        )
    import opentimelineio as otio

    made = otio_timeline(timeline, names, audio=dialect.audio)
    text: str = otio.adapters.write_to_string(made, dialect.adapter)
    if suffix == ".fcpxml":
        from sorasync.cuts.fcpxml import completed

        return completed(text, timeline, names.video, set(names.sounding))
    return text


def write_bundle(timeline: Timeline, names: MediaNames, out: Path) -> None:
    """Write a cut with its media to a new file. `names` are paths; no two files may be called the same."""
    import opentimelineio as otio

    otio.adapters.write_to_file(otio_timeline(timeline, names), str(out), "otioz")


def left_out(timeline: Timeline, suffix: str) -> list[str]:
    """What this cut has that the format of that suffix does not carry."""
    events = timeline.events
    has = {
        "sound tracks": bool(timeline.cut.audio),
        "fades": any(one.fade_in or one.fade_out for one in events),
        "gains": any(one.event.gain for one in events) or any(track.gain for track in timeline.cut.audio),
        "markers": bool(timeline.cut.markers),
        "dissolves (cuts at their middle)": any(one.dissolve_in for one in events),
    }
    return [thing for thing in DIALECTS[suffix].loses if has[thing]] if suffix in DIALECTS else []


def otio_timeline(timeline: Timeline, names: MediaNames, *, audio: bool = True) -> otio.schema.Timeline:
    """A cut as an OpenTimelineIO timeline: one track of pictures, and one for each sound track."""
    import opentimelineio as otio

    cut = timeline.cut
    work = _Making(float(cut.rate), names)
    made = otio.schema.Timeline(cut.name, global_start_time=work.time(0))
    pictures = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    pictures.extend(list(work.pictures(timeline)))
    made.tracks.append(pictures)
    for number, track in enumerate(cut.audio if audio else (), 1):
        made.tracks.append(work.sound_track(track, number, timeline.frames))
    for marker in cut.markers:
        place = work.range(marker.at, 1)
        made.tracks.markers.append(otio.schema.Marker(marker.name, place, color=marker.color.upper()))
    return made


class _Making:
    """Times at one rate, and what is made of them."""

    def __init__(self, rate: float, names: MediaNames) -> None:
        import opentimelineio

        self._otio: Any = opentimelineio
        self._rate = rate
        self._names = names

    def time(self, frames: int) -> Any:
        return self._otio.opentime.RationalTime(frames, self._rate)

    def range(self, start: int, frames: int) -> Any:
        return self._otio.opentime.TimeRange(self.time(start), self.time(frames))

    def pictures(self, timeline: Timeline) -> Iterator[Any]:
        """Clips, gaps and dissolves, in order."""
        schema = self._otio.schema
        for one in timeline.events:
            # A dissolve is cut in its middle: the event before keeps the first half of it.
            kept, left = one.dissolve_in // 2, one.dissolve_out - one.dissolve_out // 2
            if one.dissolve_in:
                yield schema.Transition(
                    "dissolve", _DISSOLVE, self.time(kept), self.time(one.dissolve_in - kept)
                )
            frames = one.frames - kept - left
            if one.render is None:
                yield schema.Gap(source_range=self.range(0, frames))
                continue
            # A still has as many frames as it is held for.
            whole = max(int(one.render.seconds * timeline.rate), one.source + one.frames)
            media = schema.ExternalReference(self._names.video(one), self.range(0, whole))
            made = schema.Clip(one.name, media, self.range(one.source + kept, frames))
            made.metadata[_METADATA] = _facts(one)
            yield made

    def sound_track(self, track: AudioTrack, number: int, length: int) -> Any:
        """A track of one sound, with silence before it."""
        schema = self._otio.schema
        made = schema.Track(f"A{number}", kind=schema.TrackKind.Audio)
        if track.at:
            made.append(schema.Gap(source_range=self.range(0, track.at)))
        frames = length - track.at
        if track.stop is not None:
            frames = min(frames, track.stop - track.start)
        media = schema.ExternalReference(self._names.sound(track), self.range(0, track.start + frames))
        name = track.file.rpartition("/")[2]
        clip = schema.Clip(name, media, self.range(track.start, frames))
        clip.metadata[_METADATA] = _told(
            gain_db=track.gain, fade_in_frames=track.fade_in, fade_out_frames=track.fade_out
        )
        made.append(clip)
        return made


def _facts(one: Placed) -> dict[str, object]:
    assert one.render is not None
    return _told(
        address=one.render.address,
        key=one.render.key,
        prompt=one.render.told_prompt,
        gain_db=one.event.gain,
        fade_in_frames=one.fade_in,
        fade_out_frames=one.fade_out,
    )


def _told(**facts: object) -> dict[str, object]:
    """Facts without those that say nothing, as plain JSON."""
    found: dict[str, object] = json.loads(json.dumps({name: value for name, value in facts.items() if value}))
    return found
