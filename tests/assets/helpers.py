"""Small files, stores and streams for the tests of assets."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

from sorasync.assets.file_names import Link
from sorasync.assets.store import AssetStore


def digest(data: bytes) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(data).hexdigest()


def put(store: AssetStore, data: bytes, picture: bytes | None = None) -> str:
    """Store bytes as a video, and a picture with it; the video's digest."""
    sha256 = digest(data)
    part = store.temporary(sha256)
    part.write_bytes(data)
    store.adopt(part, sha256)
    if picture is not None:
        part = store.temporary(sha256, ".webp")
        part.write_bytes(picture)
        store.adopt(part, sha256, ".webp")
    return sha256


def names(store: AssetStore) -> dict[str, bytes]:
    """Every file in the directory of names, with what it holds."""
    return {
        path.relative_to(store.path).as_posix(): path.read_bytes()
        for path in sorted(store.path.rglob("*"))
        if path.is_file() and ".store" not in path.relative_to(store.path).parts
    }


def directories(store: AssetStore) -> list[str]:
    """Every directory for names."""
    found = (path.relative_to(store.path) for path in store.path.rglob("*") if path.is_dir())
    return sorted(path.as_posix() for path in found if ".store" not in path.parts)


def view(**wanted: str) -> dict[str, Link]:
    """A view with `__` for the slash and `.mp4` left out."""
    return {f"{name.replace('__', '/')}.mp4": Link(sha256) for name, sha256 in wanted.items()}


async def stream(chunks: Iterable[bytes], failure: Exception | None = None) -> AsyncIterator[bytes]:
    """A download that ends, or breaks with an error after the chunks."""
    for chunk in chunks:
        yield chunk
    if failure is not None:
        raise failure


def make_mp4(path: Path, *, audio: bool = False, **options: str) -> Path:
    """A second of real video, 64x48, with muxer options such as `movflags` (empty: left out)."""
    given = {name: value for name, value in options.items() if value}
    with av.open(str(path), "w", format="mp4", options=given) as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=8000) if audio else None
        for number in range(10):
            image = np.full((48, 64, 3), number * 20, dtype=np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), dtype=np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
            container.mux(sound.encode(frame))
            container.mux(sound.encode(None))
    return path


def make_hdr(path: Path, form: str, codec: str, transfer: int) -> Path:
    """A video of one frame whose headers name that transfer function."""
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.color_trc = transfer
        stream.codec_context.color_primaries = 9
        stream.codec_context.colorspace = 9
        frame = av.VideoFrame(64, 48, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
