"""One try at a download, from the provider into a part file."""

from __future__ import annotations

from pathlib import Path

from sorasync.apply.context import Context
from sorasync.assets.fetch import Received, receive
from sorasync.provider.wire import Job, Variant

_SUFFIXES = {Variant.VIDEO: ".mp4", Variant.THUMBNAIL: ".webp", Variant.SPRITESHEET: ".jpg"}


async def stream(context: Context, key: str, job: Job, variant: Variant) -> tuple[Path, Received]:
    """Download a file of a job; a video goes on where an earlier try broke off, if the host allows it.

    Raises `ProviderError` and `AssetError`.
    """
    part = context.assets.temporary(key, _SUFFIXES[variant])
    resumable = variant is Variant.VIDEO and context.profile.abilities.range
    offset = part.stat().st_size if resumable and part.exists() else 0
    async with context.provider.download(job, variant, offset) as download:
        received = await receive(
            download.chunks(),
            part,
            offset=download.offset,
            expected_length=download.length,
            cap=context.settings.max_bytes,
        )
    return part, received
