"""Single frames out of a video: the last one, a telling one, and a sheet of many."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image

from sorasync.preview.animatic.canvas import Canvas, even, from_frame, to_picture
from sorasync.preview.animatic.scene import BadMedia
from sorasync.preview.animatic.video import Probe, probe, reading

_CELLS = 4
_CELL_PIXELS = 240
_THUMBNAIL_PIXELS = 640


def thumbnail(video: Path) -> bytes:
    """A telling frame as WebP, 640 pixels on the longer side at most: the liveliest of three.

    `BadMedia` when the file is no video.
    """
    facts = probe(video)
    size = _within(facts, _THUMBNAIL_PIXELS)
    found = _frames_at(video, [facts.seconds * share for share in (0.3, 0.5, 0.75)], size)
    liveliest = max(
        found, key=lambda canvas: float(np.std(canvas.y)) + float(np.std(canvas.u) + np.std(canvas.v))
    )
    return _packed(to_picture(liveliest), "WEBP")


def spritesheet(video: Path) -> bytes:
    """Sixteen frames in order as a JPEG of four rows and columns, with the video's own aspect.

    `BadMedia` when the file is no video.
    """
    facts = probe(video)
    size = _within(facts, _CELL_PIXELS)
    count = _CELLS * _CELLS
    times = [facts.seconds * (number + 0.5) / count for number in range(count)]
    sheet = Image.new("RGB", (size[0] * _CELLS, size[1] * _CELLS))
    for number, canvas in enumerate(_frames_at(video, times, size)):
        sheet.paste(to_picture(canvas), (number % _CELLS * size[0], number // _CELLS * size[1]))
    return _packed(sheet, "JPEG")


def last_frame(video: Path, width: int, height: int) -> Canvas:
    """The frame a video ends on, in this size."""
    return _frames_at(video, [probe(video).seconds], (width, height))[0]


def _within(facts: Probe, longest: int) -> tuple[int, int]:
    """The video's size scaled to fit, even in both directions, never enlarged."""
    share = min(1.0, longest / max(facts.width, facts.height))
    return even(round(facts.width * share)), even(round(facts.height * share))


def _packed(picture: Image.Image, form: str) -> bytes:
    memory = io.BytesIO()
    picture.save(memory, form, quality=82)
    return memory.getvalue()


def _frames_at(video: Path, times: Sequence[float], size: tuple[int, int]) -> list[Canvas]:
    """The frames shown at some times (seconds, rising), each found from the key frame before it."""
    found: list[Canvas] = []
    with reading(video) as (container, stream):
        start = float((stream.start_time or 0) * (stream.time_base or 0))
        for seconds in times:
            container.seek(round((start + seconds) * av.time_base))
            frame = _shown_at(container, start + seconds)
            if frame is None:
                raise BadMedia(f"{video.name}: contains no frames")
            found.append(from_frame(frame, *size))
    return found


def _shown_at(container: av.container.InputContainer, seconds: float) -> av.VideoFrame | None:
    shown: av.VideoFrame | None = None
    for frame in container.decode(video=0):
        if shown is not None and frame.time is not None and frame.time > seconds + 1e-6:
            break
        shown = frame
    return shown
