"""Videos and pictures of a library by their digest. A name from outside never becomes a path."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Collection, Iterator
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sorasync.assets.file_errors import AssetError
from sorasync.assets.mp4 import HDR
from sorasync.durable import put_whole
from sorasync.library_file import open_file, read_file
from sorasync.review.library_view import PICTURE_TYPES

if TYPE_CHECKING:
    from PIL.Image import Image
    from starlette.types import Receive, Scope, Send

    from sorasync.assets.store import AssetStore

POSTERS = "state/cache/posters"

_PIECE = 256 << 10
# Bytes of a still or reference that is shown.
_LARGEST = 64 << 20
_WIDTH = 480
# How far into a video its poster is: a first frame is often black.
_PART = 0.3
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


# What browsers play, by ending. A QuickTime file is one that they may play.
VIDEO_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime"}


class Media:
    """The files of one library. `known` are digests that may be asked for, `references` files by theirs."""

    def __init__(self, root: Path, assets: AssetStore) -> None:
        self.root = root
        self.assets = assets
        self.known: Collection[str] = frozenset()
        self.references: dict[str, str] = {}
        self._rates: dict[str, tuple[float, str | None]] = {}

    def video(self, sha256: str) -> BufferedReader | None:
        """An open video; None for one that is not the library's, or not here."""
        there = sha256 in self.known and self.assets.file_of(sha256).suffix in VIDEO_TYPES
        return self._open(sha256) if there else None

    def video_type(self, sha256: str) -> str:
        """The content type of a video."""
        return VIDEO_TYPES.get(self.assets.file_of(sha256).suffix, "video/mp4")

    def picture(self, sha256: str) -> tuple[bytes, str] | None:
        """A still and its ending, `.png`; None for one that is not the library's, or not here."""
        if sha256 not in self.known or self.assets.file_of(sha256).suffix not in PICTURE_TYPES:
            return None
        try:
            path = self.assets.bring(sha256)
            return read_file(path, within=self.assets.path, largest=_LARGEST), path.suffix
        except (OSError, AssetError):
            return None

    def _open(self, sha256: str) -> BufferedReader | None:
        try:
            return open_file(self.assets.bring(sha256), within=self.assets.path)
        except (OSError, AssetError):
            return None

    def poster(self, sha256: str) -> bytes | None:
        """A picture of a video, a still or a reference as WebP, kept for the next time."""
        if sha256 not in self.known and sha256 not in self.references:
            return None
        kept = self.root / POSTERS / f"{sha256}.webp"
        try:
            return read_file(kept, within=self.root)
        except OSError:
            pass
        with self._source_of(sha256) as file:
            made = poster_of(file)
        if made is not None:
            self._keep(kept, made)
        return made

    def _source_of(self, sha256: str) -> BinaryIO:
        """What a poster is made of; nothing where it is not here, or not what it was any more."""
        if sha256 in self.known:
            return self._open(sha256) or io.BytesIO()
        try:
            data = read_file(self.root / self.references[sha256], within=self.root, largest=_LARGEST)
        except OSError:
            return io.BytesIO()
        return io.BytesIO(data if hashlib.sha256(data).hexdigest() == sha256 else b"")

    def _keep(self, path: Path, picture: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.resolve().is_relative_to(self.root.resolve()):
                put_whole(path, picture, sync=False)
        except OSError:
            # A library that cannot be written can be looked at all the same.
            return

    def rate(self, sha256: str) -> float:
        """Frames a second of a video; 24 where it cannot be read."""
        return self._looked_at(sha256)[0]

    def hdr(self, sha256: str) -> str | None:
        """PQ or HLG for an HDR video, else None."""
        return self._looked_at(sha256)[1]

    def _looked_at(self, sha256: str) -> tuple[float, str | None]:
        if sha256 not in self._rates:
            with self.video(sha256) or io.BytesIO() as file:
                self._rates[sha256] = _rate_and_hdr(file)
        return self._rates[sha256]


def poster_of(file: BinaryIO) -> bytes | None:
    """A picture from some way into a video; None where it cannot be read."""
    import av
    import PIL.Image  # noqa: F401, for what `to_image` makes

    buffer = io.BytesIO()
    try:
        with av.open(file, "r") as container:
            stream = container.streams.video[0]
            if container.duration:
                container.seek(int(container.duration * _PART))
            image: Image = next(container.decode(stream)).to_image()  # type: ignore[no-untyped-call]
        image.thumbnail((_WIDTH, _WIDTH))
        image.save(buffer, "WEBP", quality=80)
    except (av.error.FFmpegError, StopIteration, IndexError, OSError, ValueError):
        return None
    return buffer.getvalue()


def _rate_and_hdr(file: BinaryIO) -> tuple[float, str | None]:
    import av

    rate, hdr = None, None
    try:
        with av.open(file, "r") as container:
            stream = container.streams.video[0]
            rate, hdr = stream.average_rate, HDR.get(int(stream.codec_context.color_trc))
    except (av.error.FFmpegError, IndexError, OSError, ValueError):
        pass
    return float(rate) if rate else 24.0, hdr


def file_response(file: BufferedReader, wanted: str | None, media_type: str) -> Response:
    """The answer with a file, or with the part of it that a `Range` header asks for."""
    size = os.fstat(file.fileno()).st_size
    part = byte_range(wanted, size)
    headers = {"accept-ranges": "bytes", "cache-control": "private, max-age=31536000, immutable"}
    if part is None:
        file.close()
        return PlainTextResponse("no such part\n", 416, {"content-range": f"bytes */{size}"})
    start, stop = part
    headers["content-length"] = str(stop - start)
    whole = wanted is None or not _RANGE.fullmatch(wanted)
    if not whole:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    return _OpenFileResponse(file, _pieces(file, start, stop), 200 if whole else 206, headers, media_type)


class _OpenFileResponse(StreamingResponse):
    """Closes its file however the answer ends: a browser that seeks gives up most of what it asked for."""

    def __init__(
        self,
        file: BufferedReader,
        body: Iterator[bytes],
        status: int,
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        super().__init__(body, status, headers, media_type=media_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The body may never be begun, so that nothing inside of it can close the file.
        with self._file:
            await super().__call__(scope, receive, send)


def byte_range(wanted: str | None, size: int) -> tuple[int, int] | None:
    """The bytes that a `Range` header asks for, up to but without the last; None where there are none.

    What is no single range of bytes asks for everything.
    """
    found = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if found is None or found.groups() == ("", ""):
        return 0, size
    first, last = found.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    return (start, stop) if start < stop else None


def _pieces(file: BufferedReader, start: int, stop: int) -> Iterator[bytes]:
    file.seek(start)
    left = stop - start
    while left > 0 and (piece := file.read(min(_PIECE, left))):
        left -= len(piece)
        yield piece
