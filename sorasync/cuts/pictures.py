"""The frames of a film: sources of any rate and size, conformed, mixed and faded.

A picture is one flat array of bytes: the three planes of 4:2:0 one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import repeat
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from sorasync.cuts.timeline import Placed, Timeline
from sorasync.errors import SorasyncError

Picture = npt.NDArray[np.uint8]

# Times in some containers are whole milliseconds: a frame may seem to begin a little late.
_LATE = Fraction(1, 1000)


class UnreadableSource(SorasyncError):
    """A video or sound that cannot be decoded."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path.name} cannot be decoded: {why}")


def film_pictures(timeline: Timeline, path_of: Callable[[Placed], Path | None]) -> Iterator[Picture]:
    """Every picture of a film, in order. Memory does not grow with its length."""
    black = blank(timeline.size)
    waiting = list(timeline.events)
    running: list[tuple[Placed, Iterator[Picture]]] = []
    for number in range(timeline.frames):
        while waiting and waiting[0].start <= number:
            placed = waiting.pop(0)
            running.append((placed, _event_pictures(placed, path_of(placed), timeline, black)))
        running = [(placed, shown) for placed, shown in running if placed.stop > number]
        seen: Picture | None = None
        for placed, shown in running:
            picture = _faded(next(shown), black, placed, number - placed.start)
            # The later event comes in over the one before.
            part = Fraction(number - placed.start + 1, placed.dissolve_in + 1)
            seen = picture if seen is None else mixed(seen, picture, part)
        yield black if seen is None else seen


def _event_pictures(
    placed: Placed, path: Path | None, timeline: Timeline, black: Picture
) -> Iterator[Picture]:
    if path is None:
        return repeat(black)
    return source_pictures(path, placed.source, placed.frames, timeline.rate, timeline.size)


def _faded(picture: Picture, black: Picture, placed: Placed, position: int) -> Picture:
    """The picture at a position of its event, with the fades there."""
    left = placed.frames - 1 - position
    if position < placed.fade_in:
        picture = mixed(black, picture, Fraction(position + 1, placed.fade_in + 1))
    if left < placed.fade_out:
        picture = mixed(black, picture, Fraction(left + 1, placed.fade_out + 1))
    return picture


def blank(size: tuple[int, int]) -> Picture:
    """A black picture."""
    width, height = size
    black = np.full(width * height * 3 // 2, 128, np.uint8)
    black[: width * height] = 16
    return black


def mixed(under: Picture, over: Picture, part: Fraction) -> Picture:
    """Two pictures mixed; `part` is how much is seen of the second."""
    weight = round(256 * part)
    result = under.astype(np.uint16) * np.uint16(256 - weight)
    result += over.astype(np.uint16) * np.uint16(weight)
    result += np.uint16(128)
    return (result >> np.uint16(8)).astype(np.uint8)


def source_pictures(
    path: Path, first: int, count: int, rate: Fraction, size: tuple[int, int]
) -> Iterator[Picture]:
    """Exactly `count` pictures of a video from frame `first` on, counted at `rate`.

    Each is the one that the source shows at that time; the last one is held if the source ends early.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise UnreadableSource(path, "it has no picture")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            base = stream.time_base or Fraction(1, 1000)
            origin = stream.start_time or 0
            if first:
                container.seek(origin + int(first / rate / base), stream=stream)
            aspect = stream.codec_context.sample_aspect_ratio or Fraction(1)
            frames = container.decode(stream)
            yield from _sampled(frames, path, first, count, rate, (base, origin), size, aspect)
    except (av.FFmpegError, OSError) as error:
        raise UnreadableSource(path, error.strerror or str(error)) from error


def _sampled(
    frames: Iterator[av.VideoFrame],
    path: Path,
    first: int,
    count: int,
    rate: Fraction,
    clock: tuple[Fraction, int],
    size: tuple[int, int],
    aspect: Fraction,
) -> Iterator[Picture]:
    base, origin = clock
    held: av.VideoFrame | None = None
    shown = 0
    for frame in frames:
        if frame.pts is None:
            continue
        begins = (frame.pts - origin) * base - max(_LATE, base)
        picture: Picture | None = None
        while held is not None and shown < count and (first + shown) / rate < begins:
            picture = fitted(held, size, aspect) if picture is None else picture
            yield picture
            shown += 1
        if shown == count:
            return
        held = frame
    if held is None:
        raise UnreadableSource(path, "it has no frames")
    last = fitted(held, size, aspect)
    for _ in range(shown, count):
        yield last


def fitted(frame: av.VideoFrame, size: tuple[int, int], aspect: Fraction) -> Picture:
    """A frame scaled into a size with its shape kept, on black; `aspect` is that of its pixels."""
    width, height = size
    across = Fraction(frame.width) * aspect
    scale = min(width / across, Fraction(height, frame.height))
    inner = _even(across * scale, width), _even(frame.height * scale, height)
    scaled = frame.reformat(
        *inner,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BICUBIC,
    )
    picture = np.asarray(scaled.to_ndarray(), np.uint8).reshape(-1)
    return picture if inner == size else _centred(picture, inner, size)


def _even(length: Fraction, most: int) -> int:
    return min(most, max(2, round(length / 2) * 2))


def _centred(picture: Picture, inner: tuple[int, int], size: tuple[int, int]) -> Picture:
    canvas = blank(size)
    left, top = ((whole - part) // 4 * 2 for whole, part in zip(size, inner, strict=True))
    for target, source, share in zip(planes(canvas, size), planes(picture, inner), (1, 2, 2), strict=True):
        rows, columns = source.shape
        target[top // share : top // share + rows, left // share : left // share + columns] = source
    return canvas


def planes(picture: Picture, size: tuple[int, int]) -> tuple[Picture, Picture, Picture]:
    """The three planes of a picture, as rows and columns."""
    width, height = size
    luma, chroma = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        picture[:luma].reshape(height, width),
        picture[luma : luma + chroma].reshape(half),
        picture[luma + chroma :].reshape(half),
    )
