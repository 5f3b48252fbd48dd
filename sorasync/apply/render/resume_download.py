"""One download attempt, from the provider into a part file."""

from __future__ import annotations

import hashlib
import math
from collections.abc import AsyncIterator
from pathlib import Path

from sorasync.apply.context import Context
from sorasync.assets.receive import Received, receive
from sorasync.clock import Clock
from sorasync.provider.errors import ServerError
from sorasync.provider.wire import Job, Variant
from sorasync.state.record import Record

_SUFFIXES = {
    Variant.VIDEO: ".mp4",
    Variant.THUMBNAIL: ".webp",
    Variant.SPRITESHEET: ".jpg",
    Variant.STILL: ".still.png",
}


def part_of(context: Context, record: Record, variant: Variant = Variant.VIDEO) -> Path:
    """The part file of a record's job. Each job has its own, so that two videos never mix."""
    return context.assets.temporary(part_name(record), _SUFFIXES[variant])


def part_name(record: Record) -> str:
    """What the part files of a record's job are called, without their endings."""
    return hashlib.sha256(f"{record.key}:{record.provider}:{record.remote_id}".encode()).hexdigest()


async def stream(
    context: Context, record: Record, job: Job, variant: Variant, deadline: float = math.inf
) -> Received:
    """Download a file of a job; a video resumes where an earlier attempt broke off, if the host allows it.

    Raises `ProviderError`, also where the file has not come by the deadline (monotonic), and `AssetError`.
    """
    part = part_of(context, record, variant)
    resumable = variant is Variant.VIDEO and context.profile.abilities.range
    offset = part.stat().st_size if resumable and part.exists() else 0
    async with context.provider.download(job, variant, offset) as download:
        return await receive(
            _in_time(download.chunks(), context.clock, deadline),
            part,
            offset=download.offset,
            expected_length=download.length,
            cap=context.settings.max_bytes,
        )


async def _in_time(chunks: AsyncIterator[bytes], clock: Clock, deadline: float) -> AsyncIterator[bytes]:
    """The chunks until the deadline: each may arrive in time and the file still never end."""
    async for chunk in chunks:
        yield chunk
        if clock.monotonic() > deadline:
            raise ServerError("the file had not arrived when the wait limit was reached")
