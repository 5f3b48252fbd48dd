"""Small media work that needs no drawing: a tiny valid video, and looking at what was uploaded."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from sorasync.preview.limits import IMAGE_TYPES


class UnreadableError(ValueError):
    """An upload that is not the kind of file it should be."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A video's width and height in pixels and its length in whole seconds."""

    width: int
    height: int
    seconds: int


def tiny_video(width: int, height: int, seconds: int, mark: str) -> bytes:
    """An MP4 of a grey picture. Files of different `mark` differ by a box that players skip."""
    note = mark.encode()
    return _grey(width, height, seconds) + (8 + len(note)).to_bytes(4, "big") + b"free" + note


@lru_cache(maxsize=64)
def _grey(width: int, height: int, seconds: int) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(1), options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.time_base = Fraction(1)
        for second in range(seconds):
            frame.pts = second
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@lru_cache(maxsize=64)
def tiny_picture(width: int, height: int, kind: str) -> bytes:
    """A grey picture, `kind` being `WEBP` or `JPEG`."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (128, 128, 128)).save(buffer, kind)
    return buffer.getvalue()


def unique_picture(width: int, height: int, form: str, mark: str) -> bytes:
    """A grey picture as PNG, WebP or JPEG. Two of different `mark` differ in one corner."""
    from PIL import Image

    buffer = io.BytesIO()
    picture = Image.new("RGB", (width, height), (128, 128, 128))
    tones = hashlib.sha256(mark.encode()).digest()
    for place, tone in enumerate(tones[: min(width, len(tones))]):
        picture.putpixel((place, 0), (tone, tone, tone))
    picture.save(buffer, {"png": "PNG", "webp": "WEBP", "jpeg": "JPEG"}[form], quality=95)
    return buffer.getvalue()


def look_at_image(path: Path) -> tuple[int, int, str]:
    """An image's width, height and suffix. Raises `UnreadableError` for other than JPEG, PNG or WebP."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            width, height = image.size
            suffix = IMAGE_TYPES.get(image.format or "")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise UnreadableError("the file is not an image") from error
    if suffix is None:
        raise UnreadableError("the image is not JPEG, PNG or WebP")
    return width, height, suffix


def look_at_video(path: Path) -> Shape:
    """A video's shape; its length is rounded, at least 1. Raises `UnreadableError`."""
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video or container.duration is None:
                raise UnreadableError("the file contains no video")
            stream = container.streams.video[0]
            seconds = max(1, round(container.duration / av.time_base))
            return Shape(stream.width, stream.height, seconds)
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableError("the file is not a video") from error
