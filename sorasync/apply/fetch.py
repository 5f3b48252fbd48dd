"""Fetches what was rendered: streamed, checked, moved into place, then recorded."""

from __future__ import annotations

import asyncio
import contextlib
import json

from sorasync.apply.context import Context
from sorasync.assets.errors import DamagedFile, TooLarge, WrongLength
from sorasync.assets.fetch import Received, receive
from sorasync.assets.mp4 import inspect_mp4
from sorasync.assets.sidecar import Sidecar, write_sidecar
from sorasync.assets.sniff import sniff_file
from sorasync.errors import SorasyncError
from sorasync.provider import errors
from sorasync.provider.wire import Job, JobStatus, Variant
from sorasync.state.record import Record, Status

_TRIES = 6
_SUFFIXES = {Variant.VIDEO: ".mp4", Variant.THUMBNAIL: ".webp", Variant.SPRITESHEET: ".jpg"}
_FORMATS = {"webp": ".webp", "jpeg": ".jpg", "png": ".png"}


class Gone(SorasyncError):
    """The provider no longer has the file."""


async def fetch(context: Context, record: Record, job: Job) -> Record:
    """Download a completed job's video and its thumbnails; the stored record.

    Raises `Gone` when the provider has no file any more (the record is then `lost`), `DiskFull`, or the
    last `ProviderError` after several tries (the record stays `rendered`, to be fetched by a later run).
    """
    received = await _video(context, record, job)
    part = context.assets.temporary(record.key)
    stored = await asyncio.to_thread(context.assets.adopt, part, received.sha256)
    context.store.add_asset(received.sha256, received.size, "video", ".mp4")
    facts = inspect_mp4(stored.path)
    record = context.store.move(
        record.key,
        Status.STORED,
        run=context.run,
        asset=received.sha256,
        seconds=round(facts.duration_seconds, 3) or record.seconds,
        reported_usd=job.cost_usd,
    )
    write_sidecar(context.assets, _sidecar(record))
    for variant in (Variant.THUMBNAIL, Variant.SPRITESHEET):
        if variant.value in context.profile.abilities.variants:
            with contextlib.suppress(errors.ProviderError, OSError):
                await _picture(context, record, job, variant)
    return record


async def _video(context: Context, record: Record, job: Job) -> Received:
    part = context.assets.temporary(record.key, ".mp4")
    pause = 0.5
    for attempt in range(1, _TRIES + 1):
        try:
            received = await _stream(context, record.key, job, Variant.VIDEO)
            inspect_mp4(part)
            return received
        except WrongLength as error:
            failure: errors.ProviderError = errors.BadDownload(error.message)
        except (DamagedFile, TooLarge) as error:
            part.unlink(missing_ok=True)
            failure = errors.BadDownload(error.message)
        except errors.NotFound:
            job = await _still_there(context, record)
            failure = errors.NotReady("the provider has no file yet")
        except (errors.AuthFailed, errors.QuotaExhausted, errors.NotSupported):
            raise
        except errors.RateLimited as error:
            pause, failure = error.retry_after or pause, error
        except errors.ProviderError as error:
            failure = error
        if attempt < _TRIES:
            await context.clock.sleep(pause)
            pause = min(pause * 2, 10.0)
    raise failure


async def _still_there(context: Context, record: Record) -> Job:
    """The job again, for a fresh link. Raises `Gone` when it is not completed any more."""
    assert record.remote_id is not None
    try:
        job = await context.provider.get(record.remote_id)
    except errors.NotFound:
        job = None
    expired = job is not None and job.expires_at is not None and job.expires_at < context.clock.now()
    if job is None or job.status is not JobStatus.COMPLETED or expired:
        context.store.move(record.key, Status.LOST, run=context.run, error_stage="download")
        raise Gone("rendered, but the provider no longer has the file")
    return job


async def _stream(context: Context, key: str, job: Job, variant: Variant) -> Received:
    part = context.assets.temporary(key, _SUFFIXES[variant])
    resumable = variant is Variant.VIDEO and context.profile.abilities.range
    offset = part.stat().st_size if resumable and part.exists() else 0
    async with context.provider.download(job, variant, offset) as download:
        return await receive(
            download.chunks(),
            part,
            offset=download.offset,
            expected_length=download.length,
            cap=context.settings.max_bytes,
        )


async def _picture(context: Context, record: Record, job: Job, variant: Variant) -> None:
    """Fetch a thumbnail or spritesheet. What is not a picture (some hosts send the video) is dropped."""
    assert record.asset is not None
    received = await _stream(context, record.key, job, variant)
    part = context.assets.temporary(record.key, _SUFFIXES[variant])
    suffix = _FORMATS.get(sniff_file(part) or "")
    if suffix is None:
        part.unlink(missing_ok=True)
        return
    context.assets.adopt(part, record.asset, suffix)
    context.store.add_asset(received.sha256, received.size, variant.value, suffix, of=record.asset)


def _sidecar(record: Record) -> Sidecar:
    assert record.asset is not None
    return Sidecar(
        sha256=record.asset,
        key=record.key,
        address=record.address,
        remote_id=record.remote_id,
        provider=record.provider,
        model=record.model,
        size=record.size,
        seconds=record.seconds,
        prompt=json.loads(record.request).get("prompt"),
        cost_usd=record.cost_usd,
        run=record.run,
        kind=record.kind,
        source_key=record.source_key,
        inputs=record.inputs,
    )
