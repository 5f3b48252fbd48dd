"""What image and video files really are, from their headers; nothing is decoded.

Answers are kept by content, so that a second look in one process costs nothing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_KEPT = 65_536
_SAME = {"MPO": "JPEG"}
"""Formats that are another one with more behind it: a phone's picture of several frames begins as a JPEG."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image: its format as Pillow names it, pixels, bytes, whether it may be transparent, has frames."""

    format: str
    width: int
    height: int
    bytes: int
    alpha: bool
    animated: bool


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """A video: container (`mp4`, `mov`, `webm` …) and codec as FFmpeg names them, pixels, seconds, bytes."""

    container: str
    codec: str
    width: int
    height: int
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is not what it should be, and why."""

    reason: str


def can_read_images() -> bool:
    """Whether Pillow is installed."""
    return find_spec("PIL") is not None


def can_read_clips() -> bool:
    """Whether PyAV is installed."""
    return find_spec("av") is not None


@lru_cache(maxsize=_KEPT)
def image_facts(path: Path, sha256: str) -> ImageFacts | Unreadable:
    """The facts of an image; `sha256` is its content's digest, so that a changed file is looked at again."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Only the header is read: a picture of any size is safe to look at.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                name = image.format or "unknown"
                return ImageFacts(
                    format=_SAME.get(name, name),
                    width=image.width,
                    height=image.height,
                    bytes=path.stat().st_size,
                    alpha=image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info,
                    animated=name not in _SAME and bool(getattr(image, "is_animated", False)),
                )
    except UnidentifiedImageError:
        return Unreadable("it is not an image")
    except Image.DecompressionBombError:
        return Unreadable("it has too many pixels")
    except (OSError, ValueError, SyntaxError) as error:
        return Unreadable(f"it cannot be read as an image ({type(error).__name__})")


@lru_cache(maxsize=_KEPT)
def clip_facts(path: Path, sha256: str) -> ClipFacts | Unreadable:
    """The facts of a video; `sha256` is its content's digest, so that a changed file is looked at again."""
    import av

    try:
        with av.open(str(path)) as file:
            if not file.streams.video:
                return Unreadable("it holds no video")
            stream = file.streams.video[0]
            length = file.duration / av.time_base if file.duration else 0.0
            if not length and stream.duration and stream.time_base:
                length = float(stream.duration * stream.time_base)
            return ClipFacts(
                container=_container(file.format.name, file.metadata.get("major_brand", "")),
                codec=stream.codec_context.name,
                width=stream.width,
                height=stream.height,
                seconds=round(length, 2),
                bytes=path.stat().st_size,
            )
    except (av.FFmpegError, OSError, ValueError) as error:
        return Unreadable(f"it cannot be read as a video ({getattr(error, 'strerror', None) or error})")


def _container(names: str, brand: str) -> str:
    """One name: FFmpeg calls MP4 and QuickTime files by the same list, their brand tells them apart."""
    known = names.split(",")
    if "mp4" in known:
        return "mov" if brand.startswith("qt") else "mp4"
    return known[0]
