"""Taking a source's frames over into a new file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from av.video.stream import VideoStream

from sorasync.preview.animatic.video import FPS, Writer, pictures, reading


def put_source(
    source: Path, writer: Writer, size: tuple[int, int], frames: int, step: Callable[[], None]
) -> None:
    """Write exactly `frames` frames of a source: as they are when the encoding is the same, else anew."""
    if fits(source, writer, size, frames):
        _copy_packets(source, writer, step)
    else:
        _encode_again(source, writer, size, frames, step)


def fits(source: Path, writer: Writer, size: tuple[int, int], frames: int) -> bool:
    """Whether the source's packets can stand beside the writer's: same settings and rate, none missing."""
    with reading(source) as (container, stream):
        context = stream.codec_context
        same = (context.name, context.width, context.height) == ("h264", *size)
        if not same or _in_avcc(bytes(context.extradata or b"")) != _in_annex_b(writer.header()):
            return False
        times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
        tick = Fraction(1, FPS) / (stream.time_base or Fraction(1))
        return times == [number * tick for number in range(frames)]


def _copy_packets(source: Path, writer: Writer, step: Callable[[], None]) -> None:
    for packet in _packets(source):
        writer.copy(packet)
        step()


def _packets(source: Path) -> Iterator[av.Packet[VideoStream]]:
    """Packets with start codes, as an encoder gives them; in a file they carry their lengths instead."""
    with reading(source) as (container, stream):
        converter = BitStreamFilterContext("h264_mp4toannexb", stream)
        for packet in container.demux(stream):
            yield from converter.filter(packet if packet.pts is not None else None)


def _in_annex_b(header: bytes) -> list[bytes]:
    """The parameter sets of a decoder configuration as encoders give it: each after a start code."""
    return [part for part in header.split(b"\0\0\0\1") if part]


def _in_avcc(header: bytes) -> list[bytes]:
    """The parameter sets of a decoder configuration as MP4 files hold it (ISO/IEC 14496-15, 5.3.3.1)."""
    found: list[bytes] = []
    place = 5
    for mask in (31, 255):
        count = header[place] & mask if place < len(header) else 0
        place += 1
        for _ in range(count):
            length = int.from_bytes(header[place : place + 2], "big")
            found.append(header[place + 2 : place + 2 + length])
            place += 2 + length
    return found


def _encode_again(
    source: Path, writer: Writer, size: tuple[int, int], frames: int, step: Callable[[], None]
) -> None:
    for picture in pictures(source, *size, frames):
        writer.put(picture)
        step()
