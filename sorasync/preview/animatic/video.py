"""Reading and writing MP4 files: every animatic has the same rate, codec settings and time base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.container
from av.audio.stream import AudioStream
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from sorasync.preview.animatic.canvas import Canvas, from_frame
from sorasync.preview.animatic.scene import BadMedia
from sorasync.preview.animatic.speech import RATE, SaidLine, Soundtrack

FPS = 12
# A frame's length in the time base of the files, so that every time is a whole number.
TICKS = 1000
# As many samples as the encoder takes at once.
_SOUND_BLOCK = 1024

_TAG = "comment"
# No B-frames and no look-ahead: packet times rise as they are written, and little is kept in memory.
_ENCODER = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "27",
    "g": str(FPS),
    "threads": "2",
    "x264-params": "cabac=1:aq-mode=1:deblock=1,1",
}


class Writer:
    """Encodes canvases, one a frame, into an open container; can also take over finished packets.

    `sound` plays along, from the first frame to the last.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        width: int,
        height: int,
        sound: Soundtrack | None = None,
    ) -> None:
        self._container = container
        self._stream: VideoStream = container.add_stream("libx264", rate=FPS, options=_ENCODER)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        context = self._stream.codec_context
        context.color_primaries = context.color_trc = 1
        context.colorspace, context.color_range = 1, 1
        self._stream.time_base = Fraction(1, FPS * TICKS)
        self.frames = 0
        self._sound, self._samples = sound, 0
        self._audio: AudioStream | None = None
        if sound is not None:
            self._audio = container.add_stream("aac", rate=RATE, layout="mono", options={"b": "64k"})

    def header(self) -> bytes:
        """The decoder configuration of what this writer encodes."""
        self._stream.codec_context.open(strict=False)
        return bytes(self._stream.codec_context.extradata or b"")

    def put(self, canvas: Canvas) -> None:
        """Append one frame."""
        frame = canvas.frame()
        frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
        frame.pts = self.frames
        frame.time_base = Fraction(1, FPS)
        self.frames += 1
        self._mux(self._stream.encode(frame))
        self._play()

    def copy(self, packet: av.Packet[VideoStream]) -> None:
        """Append one finished packet as the next frame, without decoding it."""
        packet.stream = self._stream
        packet.time_base = Fraction(1, FPS)
        packet.pts = packet.dts = self.frames
        packet.duration = 1
        self.frames += 1
        self._container.mux(packet)
        self._play()

    def finish(self) -> None:
        """Write what the encoders still hold."""
        self._mux(self._stream.encode(None))
        if self._audio is not None:
            self._container.mux(self._audio.encode(None))

    def _play(self) -> None:
        """Write the sound up to the end of the last frame, in whole blocks but for the last one."""
        if self._sound is None or self._audio is None:
            return
        end = self.frames * RATE // FPS
        while self._samples < end:
            count = min(_SOUND_BLOCK, end - self._samples)
            block = self._sound.block(self._samples, count)
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, self._samples, Fraction(1, RATE)
            self._samples += count
            self._container.mux(self._audio.encode(frame))

    def _mux(self, packets: list[av.Packet[VideoStream]]) -> None:
        for packet in packets:
            self._container.mux(packet)


@contextmanager
def writing(
    out: Path, width: int, height: int, note: str = "", lines: Sequence[SaidLine] = ()
) -> Iterator[Writer]:
    """A writer whose file appears under `out` only when everything went well; `note` is kept in the file.

    `lines` of dialogue are heard; without any there is no sound.
    """
    part = out.with_name(f".{out.name}.part")
    try:
        with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            container.metadata[_TAG] = note
            writer = Writer(container, width, height, Soundtrack(lines) if lines else None)
            yield writer
            writer.finish()
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[tuple[av.container.InputContainer, VideoStream]]:
    """An open file and its first video stream; `BadMedia` for whatever cannot be read as video."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise BadMedia(f"{path.name}: contains no video")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            yield container, stream
    except (av.FFmpegError, OSError) as error:
        raise BadMedia(f"{path.name}: cannot be decoded as video ({error.strerror or error})") from error


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file really is: its size in pixels, length in seconds, number of frames, and codec name."""

    width: int
    height: int
    seconds: float
    frames: int
    codec: str


def probe(video: Path) -> Probe:
    """Read a file's facts from its packets; `BadMedia` when it is no video."""
    with reading(video) as (container, stream):
        base = stream.time_base or Fraction(1, FPS)
        end, frames = 0, 0
        for packet in container.demux(stream):
            if packet.pts is not None:
                frames += 1
                end = max(end, packet.pts + (packet.duration or 0))
        if not frames:
            raise BadMedia(f"{video.name}: contains no frames")
        seconds = float((end - (stream.start_time or 0)) * base)
        context = stream.codec_context
        return Probe(context.width, context.height, seconds, frames, context.name)


def note_of(video: Path) -> str:
    """The note a `writing` left in the file, or an empty text."""
    with reading(video) as (container, _):
        return str(container.metadata.get(_TAG, ""))


def pictures(video: Path, width: int, height: int, count: int) -> Iterator[Canvas]:
    """Exactly `count` frames at the common rate, scaled to a size.

    A source at another rate is sampled; the last frame is held if the source ends early. `BadMedia` when it
    has no frames at all.
    """
    shown = 0
    held: Canvas | None = None
    with reading(video) as (container, stream):
        for frame in container.decode(stream):
            index = min(count, _slot(frame, stream, shown))
            while held is not None and shown < index:
                shown += 1
                yield held
            if shown == count:
                return
            held = from_frame(frame, width, height)
    if held is None:
        raise BadMedia(f"{video.name}: contains no frames")
    for _ in range(shown, count):
        yield held


def _slot(frame: av.VideoFrame, stream: VideoStream, fallback: int) -> int:
    """The place of a frame on the common rate: the one during which it first shows."""
    if frame.pts is None or frame.time_base is None:
        return fallback
    return int((frame.pts - (stream.start_time or 0)) * frame.time_base * FPS)
