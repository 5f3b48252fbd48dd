"""Converts a video to a valid reference clip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.preflight.facts import CONTAINERS, ClipFacts
from sorasync.preflight.place import new_file
from sorasync.text import counted

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.filter import Graph
    from av.video.stream import VideoStream

_QUALITY = {"crf": "18", "preset": "medium"}
_FRAMES_A_SECOND = 24
# How a player turns the pictures of a video that is not stored upright, by degrees.
_UPRIGHT = {
    0: (),
    90: (("transpose", "clock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "cclock"),),
}
# Seconds by which sound and picture of one moment may be apart in a file.
_INTERLEAVED = 1.0


@dataclass(frozen=True, slots=True)
class Target:
    """What a clip is to become: pixels, and the most seconds."""

    width: int
    height: int
    seconds: float

    def crop(self, facts: ClipFacts) -> tuple[int, int]:
        """The largest middle part of the picture that has the wanted shape, in even pixels."""
        kept = min(facts.width / self.width, facts.height / self.height)
        return _even(kept * self.width), _even(kept * self.height)


def fix_clip(source: Path, facts: ClipFacts, out: Path, target: Target) -> list[str]:
    """Write an H.264 MP4 of that shape and length, its sound kept, and say what was done.

    Raises OSError, FileExistsError among them, and FFmpeg's own errors, which are ValueErrors or OSErrors.
    """
    import av

    with (
        new_file(out) as part,
        av.open(str(source), options=CONTAINERS) as read,
        av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as written,
    ):
        _transcode(read, written, facts, target)
    return _change_words(facts, target)


def _transcode(read: InputContainer, written: OutputContainer, facts: ClipFacts, target: Target) -> None:
    import av

    video = read.streams.video[0]
    sound = read.streams.audio[0] if read.streams.audio else None
    rate = video.average_rate or _FRAMES_A_SECOND
    picture = written.add_stream("libx264", rate=rate, options=_QUALITY)
    picture.width, picture.height, picture.pix_fmt = target.width, target.height, "yuv420p"
    picture.time_base = video.time_base
    voice = written.add_stream("aac", rate=sound.rate) if sound else None
    graph = _filter(video, facts, target)
    for frame in read.decode(*(stream for stream in (video, sound) if stream is not None)):
        time = getattr(frame, "time", None) or 0.0
        if time >= target.seconds + _INTERLEAVED:
            break
        if time >= target.seconds:
            continue
        if isinstance(frame, av.VideoFrame):
            graph.push(frame)
            shown = graph.pull()
            assert isinstance(shown, av.VideoFrame)
            shown.pict_type = av.video.frame.PictureType.NONE
            written.mux(picture.encode(shown))
        elif isinstance(frame, av.AudioFrame) and voice is not None:
            written.mux(voice.encode(frame))
    written.mux(picture.encode(None))
    if voice is not None:
        written.mux(voice.encode(None))


def _even(length: float) -> int:
    """The even number below, at least 2; a hair under a whole number counts as that number."""
    return max(2, int(length + 1e-6) // 2 * 2)


def _filter(video: VideoStream, facts: ClipFacts, target: Target) -> Graph:
    import av.filter

    graph = av.filter.Graph()
    width, height = target.crop(facts)
    graph.link_nodes(
        graph.add_buffer(template=video),
        *(graph.add(name, how) for name, how in _UPRIGHT[facts.turned]),
        graph.add("crop", f"{width}:{height}"),
        graph.add("scale", f"{target.width}:{target.height}:flags=lanczos"),
        graph.add("setsar", "1"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _change_words(facts: ClipFacts, target: Target) -> list[str]:
    done = ["turned it upright"] if facts.turned else []
    if facts.seconds > target.seconds:
        done.append(f"kept the first {counted(target.seconds, 'second')} of {facts.seconds:g}")
    crop = target.crop(facts)
    if crop != (facts.width, facts.height):
        done.append(f"cropped to the middle {crop[0]}x{crop[1]}")
    if crop != (target.width, target.height):
        done.append(f"resized to {target.width}x{target.height}")
    if (facts.container, facts.codec) != ("mp4", "h264"):
        done.append(f"encoded as H.264 in an MP4 file, was {facts.codec} in a {facts.container} file")
    return done or ["encoded again"]
