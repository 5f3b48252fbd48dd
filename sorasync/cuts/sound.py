"""The sound of a film: the clips' own with tracks under it, mixed and brought to one loudness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, cast

import av
import numpy as np
import numpy.typing as npt

from sorasync.cuts.pictures import UnreadableSource
from sorasync.cuts.timeline import Placed, Timeline
from sorasync.manifest.cut_spec import AudioTrack

# Two rows, left and right, of floating-point samples.
Samples = npt.NDArray[np.float32]

SAMPLE_RATE = 48_000
# The highest true peak of a film, in dBTP.
_PEAK = -1.0
# ebur128 calls silence this loud.
_SILENCE = -70.0


def samples_until(frame: int, rate: Fraction) -> int:
    """How many samples lie before a frame."""
    return int(frame * SAMPLE_RATE / rate)


class SoundReader:
    """The sound of one file from a moment on, in stereo; silence where it has none."""

    def __init__(self, path: Path, first: int = 0) -> None:
        self._blocks = _decoded(path, first)
        self._rest: Samples = _silence(0)

    def read(self, count: int) -> Samples:
        """The next samples, exactly so many."""
        parts, have = [self._rest], self._rest.shape[1]
        while have < count:
            block = next(self._blocks, None)
            if block is None:
                parts.append(_silence(count - have))
                have = count
            else:
                parts.append(block)
                have += block.shape[1]
        joined = np.concatenate(parts, axis=1)
        self._rest = joined[:, count:]
        return joined[:, :count]


def has_sound(path: Path) -> bool:
    """Whether a file has a sound stream. Raises `UnreadableSource`."""
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except (av.FFmpegError, OSError) as error:
        raise UnreadableSource(path, error.strerror or str(error)) from error


def _silence(count: int) -> Samples:
    return np.zeros((2, count), np.float32)


def _decoded(path: Path, first: int) -> Iterator[Samples]:
    """Blocks of a file's sound from sample `first` on, counted from its first picture if it has one."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return
            video = container.streams.video[0] if container.streams.video else None
            origin = float((video.start_time or 0) * (video.time_base or 0)) if video else None
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
            skip: int | None = None
            for frame in container.decode(container.streams.audio[0]):
                if skip is None:
                    begins = 0.0 if origin is None else (frame.time or 0.0) - origin
                    skip = first - round(begins * SAMPLE_RATE)
                    if skip < 0:
                        yield _silence(-skip)
                        skip = 0
                for part in resampler.resample(frame):
                    block = cast(Samples, part.to_ndarray())
                    if skip < block.shape[1]:
                        yield block[:, skip:]
                    skip = max(0, skip - block.shape[1])
            for part in resampler.resample(None):
                yield cast(Samples, part.to_ndarray())[:, skip or 0 :]
    except (av.FFmpegError, OSError) as error:
        raise UnreadableSource(path, error.strerror or str(error)) from error


@dataclass(slots=True)
class _Voice:
    """One source in the mix: samples `start` up to but without `stop` of the film.

    `rise` and `fall` are samples of fades, or of cross-fades if `equal_power`.
    """

    path: Path
    first: int
    start: int
    stop: int
    gain: float
    rise: int
    fall: int
    equal_power: bool = False
    reader: SoundReader | None = None

    def block(self, begin: int, end: int) -> tuple[int, Samples]:
        """What it adds to the samples from `begin` to `end`, and from where."""
        start, stop = max(begin, self.start), min(end, self.stop)
        if self.reader is None:
            self.reader = SoundReader(self.path, self.first)
        samples = self.reader.read(stop - start)
        return start, samples * (self._level(start, stop) * np.float32(10 ** (self.gain / 20)))

    def _level(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        at = np.arange(start, stop, dtype=np.float64)
        level = np.ones(stop - start)
        if self.rise:
            level *= np.clip((at - self.start) / self.rise, 0, 1)
        if self.fall:
            level *= np.clip((self.stop - at) / self.fall, 0, 1)
        return (np.sqrt(level) if self.equal_power else level).astype(np.float32)


def mix(
    timeline: Timeline, path_of: Callable[[Placed], Path | None], track_path: Callable[[AudioTrack], Path]
) -> Iterator[Samples]:
    """The sound of each frame of a film, in order."""
    rate = timeline.rate
    voices = [*_clip_voices(timeline, path_of), *_track_voices(timeline, track_path)]
    for number in range(timeline.frames):
        begin, end = samples_until(number, rate), samples_until(number + 1, rate)
        mixed = _silence(end - begin)
        for voice in voices:
            if voice.start < end and voice.stop > begin:
                start, samples = voice.block(begin, end)
                mixed[:, start - begin : start - begin + samples.shape[1]] += samples
        voices = [voice for voice in voices if voice.stop > end]
        yield mixed


def _clip_voices(timeline: Timeline, path_of: Callable[[Placed], Path | None]) -> Iterator[_Voice]:
    rate = timeline.rate
    for placed in timeline.events:
        path = path_of(placed)
        if path is None or not has_sound(path):
            continue
        yield _Voice(
            path,
            samples_until(placed.source, rate),
            samples_until(placed.start, rate),
            samples_until(placed.stop, rate),
            placed.event.gain,
            samples_until(placed.dissolve_in or placed.fade_in, rate),
            samples_until(placed.dissolve_out or placed.fade_out, rate),
            equal_power=bool(placed.dissolve_in or placed.dissolve_out),
        )


def _track_voices(timeline: Timeline, track_path: Callable[[AudioTrack], Path]) -> Iterator[_Voice]:
    rate = timeline.rate
    for track in timeline.cut.audio:
        path = track_path(track)
        start = samples_until(track.at, rate)
        stop = samples_until(timeline.frames, rate)
        asked = track.stop
        length = sound_length(path) - samples_until(track.start, rate)
        if asked is not None:
            length = min(length, samples_until(asked - track.start, rate))
        stop = min(stop, start + max(0, length))
        rise, fall = samples_until(track.fade_in, rate), samples_until(track.fade_out, rate)
        yield _Voice(path, samples_until(track.start, rate), start, stop, track.gain, rise, fall)


def sound_length(path: Path) -> int:
    """The length of a sound file in samples. Raises `UnreadableSource`."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise UnreadableSource(path, "it has no sound")
            return round((container.duration or 0) * SAMPLE_RATE / av.time_base)
    except (av.FFmpegError, OSError) as error:
        raise UnreadableSource(path, error.strerror or str(error)) from error


class LoudnessMeter:
    """Measures integrated loudness and true peak after EBU R 128, as samples go by."""

    def __init__(self) -> None:
        self._graph = av.filter.Graph()
        self._source = self._graph.add_abuffer(
            format="fltp", sample_rate=SAMPLE_RATE, layout="stereo", time_base=Fraction(1, SAMPLE_RATE)
        )
        meter = self._graph.add("ebur128", "metadata=1:peak=true")
        sink = self._graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._position = 0
        self._loudness, self._peak = _SILENCE, 0.0

    def hear(self, samples: Samples) -> None:
        """Take the next samples in."""
        self._source.push(audio_frame(samples, self._position))
        self._position += samples.shape[1]
        self._drain()

    def _drain(self) -> None:
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            facts = frame.metadata
            self._loudness = float(facts.get("lavfi.r128.I", self._loudness))
            self._peak = max(self._peak, float(facts.get("lavfi.r128.true_peak", 0.0)))

    def gain_to(self, loudness: float) -> float:
        """The factor that brings what was heard to a loudness, with no peak above the highest one."""
        self._source.push(None)
        self._drain()
        if self._loudness <= _SILENCE or self._peak <= 0:
            return 1.0
        room = _PEAK - 20 * np.log10(self._peak)
        return float(10 ** (min(loudness - self._loudness, room) / 20))


def audio_frame(samples: Samples, position: int) -> av.AudioFrame:
    """Samples as a frame that begins at a position."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE
    frame.time_base = Fraction(1, SAMPLE_RATE)
    frame.pts = position
    return frame


def put_samples(file: BinaryIO, samples: Samples) -> None:
    """Append samples to a file of them, to be taken out in the same portions."""
    file.write(np.ascontiguousarray(samples).tobytes())


def take_samples(file: BinaryIO, count: int) -> Samples:
    """The next samples of such a file."""
    return np.frombuffer(file.read(count * 8), np.float32).reshape(2, count)


def portions(timeline: Timeline) -> Sequence[int]:
    """How many samples each frame has."""
    edges = [samples_until(number, timeline.rate) for number in range(timeline.frames + 1)]
    return [after - before for before, after in pairwise(edges)]
