"""Checks one video: decodes it once and shows every picture and all sound to the meters that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import av
import av.container
import av.filter
from av.video.stream import VideoStream

from sorasync.assets.file_errors import AssetError
from sorasync.assets.video_form import inspect_video, kept_as
from sorasync.checks.check_result import CheckResult, broken
from sorasync.checks.continuity import check_same_as
from sorasync.checks.flicker import FlashMeter, StrobingMeter
from sorasync.checks.format_checks import check_fps, check_seconds, check_size
from sorasync.checks.lettering import TextMeter
from sorasync.checks.measure_request import VideoToCheck
from sorasync.checks.picture import HEIGHT, WIDTH, Picture, PictureMeter, blocks_of, filter_graph, levels_of
from sorasync.checks.sharpness import BlurMeter, SceneCutMeter
from sorasync.checks.sound_level import LoudnessMeter, SilenceMeter, SoundMeter
from sorasync.checks.stillness import BlackMeter, FrozenMeter
from sorasync.manifest.check_schema import CheckTable, SameAsCheckModel, active_checks

_PICTURE_METERS: Mapping[str, Callable[[Any], PictureMeter]] = {
    "black": BlackMeter,
    "frozen": FrozenMeter,
    "scene_cuts": SceneCutMeter,
    "strobing": StrobingMeter,
    "flash": FlashMeter,
    "blur": BlurMeter,
    "text": TextMeter,
}
_SOUND_METERS: Mapping[str, Callable[[Any], SoundMeter]] = {
    "loudness": LoudnessMeter,
    "silence": SilenceMeter,
}
# Scales pictures and scores changes of scene.
_SMALL = (
    ("scale", f"{WIDTH}:{HEIGHT}:flags=area:out_range=tv"),
    ("format", "yuv420p"),
    ("scdet", "threshold=0"),
)
# Larger pictures are not decoded: a file can claim any size.
_MOST_PIXELS = 8192 * 4320


def check_video(video: VideoToCheck) -> list[CheckResult]:
    """The result of every check that is wanted of a video, in the order of `names`.

    What cannot be decoded, wholly or in part, is an error of every check that looks at it.
    """
    wanted = {name: table for name, table in active_checks(video.checks).items() if name in video.names}
    parts = _of_headers(video, wanted), _of_frames(video, wanted), _beside_source(video, wanted)
    found = {result.check: result for part in parts for result in part}
    return [found[name] for name in video.names if name in found]


def _of_headers(video: VideoToCheck, wanted: Mapping[str, CheckTable]) -> Iterator[CheckResult]:
    names = [name for name in ("size", "seconds") if name in wanted]
    if not names:
        return
    try:
        _, facts = inspect_video(video.path)
    except (AssetError, OSError) as error:
        yield from (broken(name, _why(error)) for name in names)
        return
    if facts is None:
        yield from (broken(name, kept_as(video.path)) for name in names)
        return
    for name in names:
        own: int | None = getattr(wanted[name], "tolerance_pct", None)
        tolerance = video.tolerance_pct if own is None else own
        if name == "size":
            yield check_size(facts, video.size, tolerance)
        else:
            yield check_seconds(facts, video.seconds, tolerance)


def _of_frames(video: VideoToCheck, wanted: Mapping[str, CheckTable]) -> Iterator[CheckResult]:
    pictures = {name: _PICTURE_METERS[name](wanted[name]) for name in _PICTURE_METERS if name in wanted}
    sounds = {name: _SOUND_METERS[name](wanted[name]) for name in _SOUND_METERS if name in wanted}
    names = [*pictures, *sounds, *(["fps"] if "fps" in wanted else [])]
    if not names:
        return
    try:
        seen = _Decoding(pictures.values(), sounds.values()).run(video.path)
    except (av.FFmpegError, OSError, ValueError) as error:
        yield from (broken(name, _why(error)) for name in names)
        return
    for meter in pictures.values():
        yield from meter.results(seen.end)
    for sound in sounds.values():
        yield from sound.results(seen.end, seen.heard)
    if "fps" in wanted:
        yield check_fps(seen.rate, wanted["fps"])  # type: ignore[arg-type]


def _beside_source(video: VideoToCheck, wanted: Mapping[str, CheckTable]) -> Iterator[CheckResult]:
    table = wanted.get("same_as")
    if isinstance(table, SameAsCheckModel):
        try:
            yield check_same_as(video.path, video.source, video.kind, table)
        except (av.FFmpegError, OSError, ValueError) as error:
            yield broken("same_as", _why(error))


def _why(error: Exception) -> str:
    why = getattr(error, "strerror", None) or getattr(error, "message", None) or str(error)
    return f"it cannot be decoded: {why}"


class _Decoding:
    """The one pass over a file."""

    def __init__(self, pictures: Iterable[PictureMeter], sounds: Iterable[SoundMeter]) -> None:
        self._pictures = tuple(pictures)
        self._sounds = tuple(sounds)
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._number = 0
        self._first: float | None = None
        self.end = 0.0
        self.heard = False

    @property
    def rate(self) -> float:
        """Frames a second, as an average."""
        return self._number / self.end if self.end else 0.0

    def run(self, path: Path) -> _Decoding:
        """Decode all of it. Raises what PyAV raises, and `ValueError` for what has no picture."""
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ValueError("it has no pictures")
            video = container.streams.video[0]
            # Threads of the decoder work ahead while meters look at a picture.
            video.thread_type = "AUTO"
            sound = container.streams.audio[0] if self._sounds and container.streams.audio else None
            streams = [video] if sound is None else [video, sound]
            for packet in container.demux(streams):
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        self._look(frame, video)
                    elif isinstance(frame, av.AudioFrame):
                        self._hear(frame)
        if not self._number:
            raise ValueError("it has no pictures")
        return self

    def _look(self, frame: av.VideoFrame, stream: VideoStream) -> None:
        if frame.width * frame.height > _MOST_PIXELS:
            raise ValueError(f"its pictures are {frame.width}x{frame.height}")
        step = 1 / float(stream.average_rate or 24)
        time = self.end if frame.time is None else float(frame.time)
        if self._first is None:
            self._first = time
        time = max(0.0, time - self._first)
        self.end = max(self.end, time + step)
        number, self._number = self._number, self._number + 1
        if not self._pictures:
            return
        small = self._small(frame)
        levels = levels_of(small)
        picture = Picture(number, time, levels, blocks_of(levels), small.metadata, frame)
        for meter in self._pictures:
            meter.see(picture)

    def _small(self, frame: av.VideoFrame) -> av.VideoFrame:
        shape = frame.width, frame.height, frame.format.name
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = filter_graph(frame, *_SMALL), shape
        self._graph.push(frame)
        return cast(av.VideoFrame, self._graph.pull())

    def _hear(self, frame: av.AudioFrame) -> None:
        self.heard = True
        time = max(0.0, float(frame.time or 0.0) - (self._first or 0.0))
        for meter in self._sounds:
            meter.hear(frame, time)
