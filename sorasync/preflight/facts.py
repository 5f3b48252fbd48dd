"""Reads image and video headers; nothing is decoded.

Answers are kept by content, so that a second look in one process costs nothing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer

_KEPT = 65_536
_EXIF_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)
# Formats that FFmpeg may try. Playlists are not among them, whatever their suffix: it
# would open the files they name.
CONTAINERS = {"format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,flv,ogg,asf"}
# Formats that are another one with more behind it: a phone's picture of several frames begins as a JPEG.
_SAME = {"MPO": "JPEG"}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image: its format as Pillow names it, pixels, bytes, whether it may be transparent, has frames.

    Width and height are those of the picture as it is shown. `orientation` is EXIF's, 1 where the picture is
    stored upright.
    """

    format: str
    width: int
    height: int
    bytes: int
    alpha: bool
    animated: bool
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """A video: container (`mp4`, `mov`, `webm` …) and codec as FFmpeg names them, pixels, seconds, bytes.

    Width and height are those of the picture as it is shown. `turned` is by how many degrees clockwise a
    player turns what is stored: 0, 90, 180 or 270.
    """

    container: str
    codec: str
    width: int
    height: int
    seconds: float
    bytes: int
    turned: int = 0


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
    """The facts of an image; `sha256` is its content's digest, so that a changed file is read again."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Only the header is read: a picture of any size is safe to look at.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                name = image.format or "unknown"
                # A PNG without EXIF would be decoded to its end, where some may stand.
                exif = image.getexif() if "exif" in image.info else {}
                orientation = _orientation(exif.get(_EXIF_ORIENTATION, 1))
                sides = (image.width, image.height)
                width, height = sides[::-1] if orientation in _SIDEWAYS else sides
                return ImageFacts(
                    format=_SAME.get(name, name),
                    width=width,
                    height=height,
                    bytes=path.stat().st_size,
                    alpha=image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info,
                    animated=name not in _SAME and bool(getattr(image, "is_animated", False)),
                    orientation=orientation,
                )
    except UnidentifiedImageError:
        return Unreadable("it is not an image")
    except Image.DecompressionBombError:
        return Unreadable("it has too many pixels")
    except (OSError, ValueError, SyntaxError) as error:
        return Unreadable(f"it cannot be read as an image ({type(error).__name__})")


@lru_cache(maxsize=_KEPT)
def clip_facts(path: Path, sha256: str) -> ClipFacts | Unreadable:
    """The facts of a video; `sha256` is its content's digest, so that a changed file is read again."""
    import av

    try:
        with av.open(str(path), options=CONTAINERS) as file:
            if not file.streams.video:
                return Unreadable("it contains no video")
            stream = file.streams.video[0]
            length = file.duration / av.time_base if file.duration else 0.0
            if not length and stream.duration and stream.time_base:
                length = float(stream.duration * stream.time_base)
            turned = turned_by(file)
            sides = (stream.width, stream.height)
            width, height = sides[::-1] if turned in (90, 270) else sides
            return ClipFacts(
                container=_container(file.format.name, file.metadata.get("major_brand", "")),
                codec=stream.codec_context.name,
                width=width,
                height=height,
                seconds=round(length, 2),
                bytes=path.stat().st_size,
                turned=turned,
            )
    except (av.FFmpegError, OSError, ValueError) as error:
        return Unreadable(f"it cannot be read as a video ({getattr(error, 'strerror', None) or error})")


def turned_by(file: InputContainer) -> int:
    """By how many degrees clockwise a player turns the pictures of a video; it is told with the first one."""
    import av

    try:
        frame = next(file.decode(video=0), None)
    except (av.FFmpegError, ValueError, OSError):
        return 0
    return -round((frame.rotation if frame is not None else 0) / 90) * 90 % 360


def _orientation(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _container(names: str, brand: str) -> str:
    """One name: FFmpeg calls MP4 and QuickTime files by the same list, their brand tells them apart."""
    known = names.split(",")
    if "mp4" in known:
        return "mov" if brand.startswith("qt") else "mp4"
    return known[0]
