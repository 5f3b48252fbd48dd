"""Thumbnails and spritesheets. They are optional: errors here never fail a render."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sorasync.apply.context import Context
from sorasync.apply.render.resume_download import part_of, stream
from sorasync.assets.disk import hash_file
from sorasync.assets.sniff import sniff_file
from sorasync.errors import SorasyncError
from sorasync.provider.retry import Patience, retried
from sorasync.provider.wire import Job, Variant
from sorasync.state.record import Record

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = {"webp": ".webp", "jpeg": ".jpg", "png": ".png"}
_GIVEN_UP_AFTER = 3
_PATIENCE = Patience(attempts=3)
# Largest width in pixels of a thumbnail that is cut from its video.
_WIDTH = 640


class Pictures:
    """Downloads pictures; a kind that fails several times in a row is no longer requested."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._failures = dict.fromkeys(map(Variant, context.settings.pictures), 0)

    async def fetch(self, record: Record, job: Job) -> None:
        """Download the requested pictures; if the host has no thumbnail, PyAV cuts one from the video."""
        if not self._failures:
            return
        found = {variant: await self._fetched(record, job, variant) for variant in self._failures}
        if found.get(Variant.THUMBNAIL, True) is None:
            found[Variant.THUMBNAIL] = await asyncio.to_thread(_cut_thumbnail, self._context, record)
        store = self._context.store

        def add() -> None:
            for variant, kept in found.items():
                if kept is not None:
                    store.add_asset(kept.sha256, kept.size, variant.value, kept.suffix, kept.of)

        await self._context.commits.record(add)

    async def _fetched(self, record: Record, job: Job, variant: Variant) -> _KeptPicture | None:
        offered = variant.value in self._context.profile.abilities.variants
        if not offered or self._failures[variant] >= _GIVEN_UP_AFTER or self._context.interrupted:
            return None
        found = None
        try:
            found = await self._picture(record, job, variant)
        except (SorasyncError, OSError):
            part_of(self._context, record, variant).unlink(missing_ok=True)
        self._failures[variant] = 0 if found else self._failures[variant] + 1
        return found

    async def _picture(self, record: Record, job: Job, variant: Variant) -> _KeptPicture | None:
        """Download a picture; drop it if the host sent the video instead."""
        context = self._context
        await retried(lambda: stream(context, record, job, variant), context.clock, _PATIENCE)
        part = part_of(self._context, record, variant)
        suffix = _FORMATS.get(sniff_file(part) or "")
        if suffix is None:
            part.unlink(missing_ok=True)
            return None
        return await asyncio.to_thread(_keep, self._context, record, part, suffix)


@dataclass(frozen=True, slots=True)
class _KeptPicture:
    """A picture in the store, of the video `of`."""

    sha256: str
    size: int
    suffix: str
    of: str


def _keep(context: Context, record: Record, part: Path, suffix: str) -> _KeptPicture:
    assert record.asset is not None
    kept = _KeptPicture(hash_file(part), part.stat().st_size, suffix, record.asset)
    context.assets.adopt(part, record.asset, suffix)
    return kept


def _cut_thumbnail(context: Context, record: Record) -> _KeptPicture | None:
    assert record.asset is not None
    part = part_of(context, record, Variant.THUMBNAIL)
    try:
        picture = first_frame(context.assets.path_of(record.asset))
        if picture is not None:
            part.write_bytes(picture)
            return _keep(context, record, part, ".webp")
    except (SorasyncError, OSError):
        part.unlink(missing_ok=True)
    return None


def first_frame(video: Path) -> bytes | None:
    """The first frame of a video as WebP; None where it cannot be read, or PyAV and Pillow are missing."""
    try:
        import av
        import PIL.Image  # noqa: F401, for what `to_image` makes
    except ImportError:
        return None
    buffer = io.BytesIO()
    try:
        with av.open(str(video)) as container:
            image: Image = next(container.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
        image.thumbnail((_WIDTH, _WIDTH))
        image.save(buffer, "WEBP", quality=80)
    except (av.error.FFmpegError, StopIteration, IndexError, OSError, ValueError):
        return None
    return buffer.getvalue()
