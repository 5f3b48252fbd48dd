"""Taking a source's frames over into a new file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from sorasync.preview.animatic.video import FPS, Writer, pictures, reading


def put_source(source: Path, writer: Writer, size: tuple[int, int], frames: int, step: Callable[[], None]) -> None:
    """Write exactly `frames` frames of a source: as they are when the encoding is the same, else anew."""
    if fits(source, writer, size, frames):
        _copy(source, writer, step)
    else:
        _encode(source, writer, size, frames, step)


def fits(source: Path, writer: Writer, size: tuple[int, int], frames: int) -> bool:
    """Whether the source's packets can stand beside the writer's own: same settings, same rate, none missing."""
    with reading(source) as (container, stream):
        context = stream.codec_context
        same = (context.name, context.width, context.height) == ("h264", *size)
        if not same or bytes(context.extradata or b"") != writer.header():
            return False
        times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
        tick = Fraction(1, FPS) / (stream.time_base or Fraction(1))
        return times == [number * tick for number in range(frames)]


def _copy(source: Path, writer: Writer, step: Callable[[], None]) -> None:
    with reading(source) as (container, stream):
        for packet in container.demux(stream):
            if packet.pts is not None:
                writer.copy(packet)
                step()


def _encode(source: Path, writer: Writer, size: tuple[int, int], frames: int, step: Callable[[], None]) -> None:
    """Decode and encode; the last frame is held when the source ends a moment early."""
    picture = None
    for picture in pictures(source, *size):
        if writer.frames == frames:
            return
        writer.put(picture)
        step()
    while picture is not None and writer.frames < frames:
        writer.put(picture)
        step()
