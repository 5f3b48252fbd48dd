"""Writes a film: H.264 and AAC in an MP4, exactly as many frames as its timeline has."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import av.container

from sorasync.cuts.pictures import Picture, film_pictures
from sorasync.cuts.sound import (
    SAMPLE_RATE,
    LoudnessMeter,
    Samples,
    audio_frame,
    has_sound,
    mix,
    portions,
    put_samples,
    take_samples,
)
from sorasync.cuts.timeline import Placed, Timeline
from sorasync.durable import make_directory
from sorasync.manifest.cut_spec import AudioTrack

_TAG = "comment"
_MARK = "sorasync cut "
_PICTURE = {"preset": "veryfast", "crf": "18", "threads": "2"}
_SOUND_BITS = 192_000


@dataclass(frozen=True, slots=True)
class FilmSources:
    """Where the media of a film are: of an event (None for black), and of a track."""

    path_of: Callable[[Placed], Path | None]
    track_path: Callable[[AudioTrack], Path]


def key_in(film: Path) -> str | None:
    """The key of what a film was made of, None where no film of ours is there."""
    try:
        with av.open(str(film)) as container:
            note = str(container.metadata.get(_TAG, ""))
    except (av.FFmpegError, OSError):
        return None
    return note.removeprefix(_MARK) if note.startswith(_MARK) else None


def write_film(
    timeline: Timeline, sources: FilmSources, out: Path, key: str, progress: Callable[[float], None]
) -> None:
    """Put a film together; `out` appears only when it is complete. `progress` hears 0 to 1.

    Raises `UnreadableSource`.
    """
    make_directory(out.parent)
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        with tempfile.TemporaryFile(dir=out.parent) as sound:
            level = _mixed_down(timeline, sources, sound)
            with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
                container.metadata[_TAG] = _MARK + key
                writer = _Writer(container, timeline, sound=level is not None)
                counts = portions(timeline)
                for number, picture in enumerate(film_pictures(timeline, sources.path_of)):
                    writer.put_picture(picture)
                    if level is not None:
                        writer.put_sound(take_samples(sound, counts[number]) * level)
                    progress((number + 1) / timeline.frames)
                writer.finish()
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _mixed_down(timeline: Timeline, sources: FilmSources, into: BinaryIO) -> float | None:
    """Mix the sound of a film into a file; the factor to its loudness, None where there is no sound."""
    paths = {path for placed in timeline.events if (path := sources.path_of(placed)) is not None}
    if not timeline.cut.audio and not any(map(has_sound, paths)):
        return None
    meter = LoudnessMeter()
    for samples in mix(timeline, sources.path_of, sources.track_path):
        meter.hear(samples)
        put_samples(into, samples)
    into.seek(0)
    return meter.gain_to(timeline.cut.loudness)


class _Writer:
    """Encodes pictures and sound into an open container."""

    def __init__(self, container: av.container.OutputContainer, timeline: Timeline, *, sound: bool) -> None:
        self._container = container
        self._size = timeline.size
        self._rate = timeline.rate
        self._pictures = container.add_stream("libx264", rate=timeline.rate, options=_PICTURE)
        self._pictures.width, self._pictures.height = timeline.size
        self._pictures.pix_fmt = "yuv420p"
        context = self._pictures.codec_context
        context.color_primaries = context.color_trc = 1
        context.colorspace, context.color_range = 1, 1
        self._sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if sound else None
        if self._sound is not None:
            self._sound.bit_rate = _SOUND_BITS
        self._shown = self._heard = 0

    def put_picture(self, picture: Picture) -> None:
        """Append one frame."""
        width, height = self._size
        frame = av.VideoFrame.from_ndarray(picture.reshape(height * 3 // 2, width), format="yuv420p")
        frame.pts, frame.time_base = self._shown, Fraction(1) / self._rate
        self._shown += 1
        self._container.mux(self._pictures.encode(frame))

    def put_sound(self, samples: Samples) -> None:
        """Append samples."""
        assert self._sound is not None
        frame = audio_frame(samples, self._heard)
        self._heard += samples.shape[1]
        self._container.mux(self._sound.encode(frame))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._container.mux(self._pictures.encode(None))
        if self._sound is not None:
            self._container.mux(self._sound.encode(None))
