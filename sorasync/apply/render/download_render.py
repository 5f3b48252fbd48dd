"""Downloads finished renders: streamed, checked, moved into place, then recorded."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from io import BufferedReader, FileIO

from sorasync.apply.bind_addresses import BindAddresses
from sorasync.apply.context import Context
from sorasync.apply.render.resume_download import stream
from sorasync.apply.sidecars import sidecar_of
from sorasync.assets import linked_copies as spare
from sorasync.assets.archive import Archive, ArchiveError
from sorasync.assets.disk import exclusive_part
from sorasync.assets.file_errors import DamagedFile, TooLarge, WrongLength
from sorasync.assets.mismatch import mismatch
from sorasync.assets.mp4 import Mp4Facts
from sorasync.assets.picture import inspect_picture, picture_mismatch
from sorasync.assets.receive import Received
from sorasync.assets.sidecar import note, write_sidecar
from sorasync.assets.store import STILLS
from sorasync.assets.video_form import inspect_opened_video, kept_as
from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind
from sorasync.provider import errors
from sorasync.provider.inline import is_inline
from sorasync.provider.wire import Job, Variant
from sorasync.state.record import Record, Status
from sorasync.state.rows import fields_of

_TRIES = 8
# Damaged downloads after which the file counts as damaged at the provider.
_DAMAGED_TRIES = 4
_LONGEST_PAUSE = 10.0
# Errors that another try would hit again, or that are waited for elsewhere.
_FINAL = (
    errors.AuthFailed,
    errors.QuotaExhausted,
    errors.InvalidRequest,
    errors.NotFound,
    errors.NotReady,
    errors.NotSupported,
    errors.NotSent,
    errors.Exhausted,
)


class Gone(SorasyncError):
    """The provider no longer has the file."""


class NoPicture(SorasyncError):
    """An answer with a still in it, whose bytes are no picture: to ask for it again is in vain."""


class FetchLater(SorasyncError):
    """The run was interrupted before the file arrived; the record stays `rendered`."""


async def fetch(
    context: Context,
    record: Record,
    job: Job,
    recorded: BindAddresses,
    deadline: float = math.inf,
) -> Record:
    """Download a completed job's video or still; the stored record.

    `recorded` is called inside the transaction that says that the asset is here. Raises `DiskFull`,
    `FetchLater`, or the last `ProviderError` after several tries (the record stays as it is, to be fetched by
    a later run). `NotFound`, `NotReady` and `NotSent` come at once: file or host may be away for longer.
    Waits for nothing past the deadline (monotonic).
    """
    stored, size = await _video(context, record, job, deadline)
    asset = stored.asset
    assert asset is not None
    file = context.assets.file_of(asset)
    what = "still" if record.kind == Kind.STILL else "video"
    facts: dict[str, object] = {"asset": asset, "seconds": stored.seconds, "mismatch": stored.mismatch}
    store, key, run = context.store, record.key, context.run

    def found() -> None:
        store.amend(key, run=run, **facts)
        store.add_asset(asset, size, what, file.suffix)

    def kept() -> Record:
        after = store.move(key, Status.STORED, run=run, **facts)
        store.add_asset(asset, size, what, file.suffix)
        recorded()
        return after

    if context.assets.archive.remote:
        # Durable before the upload: if this run ends here, the next one asks the provider for nothing.
        await context.commits.record(found)
        await keep(context, asset)
    return await context.commits.record(kept)


async def keep(context: Context, asset: str) -> None:
    """Put a file of this disk into the bucket. Raises `FetchLater` where that does not work now."""
    pause = 0.5
    for attempt in range(1, _TRIES + 1):
        try:
            await asyncio.to_thread(context.assets.keep, asset)
            return
        except ArchiveError as error:
            if error.lasting or attempt == _TRIES or context.interrupted:
                raise FetchLater(
                    f"rendered and on this disk, not in the bucket yet: {error.message}",
                    hint="sorasync apply puts it there at no cost" if error.hint is None else error.hint,
                ) from error
        await context.pause(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def put_back(context: Context, record: Record) -> bool:
    """Restore a record's file without the provider, from this disk or the bucket; whether it worked."""
    if record.asset is None:
        return False
    file = context.settings.spares.get(record.asset)
    if file is not None:
        here = await asyncio.to_thread(spare.put_back, context.assets, record.asset, context.root / file)
    else:
        missed = record.status is not Status.STORED
        here = missed and await asyncio.to_thread(context.assets.verify, record.asset)
    if here and context.assets.archive.remote:
        await keep(context, record.asset)
    if not here and not await asyncio.to_thread(_in_bucket, context.assets.archive, record.asset):
        return False
    if here:
        await asyncio.to_thread(
            _note_beside, context, record, lambda: write_sidecar(context.assets, sidecar_of(record))
        )
    store, run = context.store, context.run

    def back() -> None:
        if record.status is not Status.STORED:
            store.move(record.key, Status.STORED, run=run)
        store.log("put back", record.address, record.key, run, file=file)

    await context.commits.record(back)
    return True


def _in_bucket(archive: Archive, asset: str) -> bool:
    """Whether an object can be had from the bucket; one that was found damaged is read once more."""
    return bool(archive.holds([asset])) or archive.intact(asset)


async def _video(context: Context, record: Record, job: Job, deadline: float) -> tuple[Record, int]:
    """The record with its asset, and that file's bytes."""
    pause, damaged = 0.5, 0
    for attempt in range(1, _TRIES + 1):
        try:
            return await _download_once(context, record, job, deadline)
        except DamagedFile as error:
            if record.kind == Kind.STILL and all(url in job.files or is_inline(url) for url in job.urls):
                raise NoPicture(f"the answer contains no picture: {error.fault}") from error
            failure: errors.ProviderError = errors.BadDownload(
                f"the downloaded file is damaged: {error.fault}"
            )
            damaged += 1
            if damaged == _DAMAGED_TRIES:
                raise failure from error
        except TooLarge as error:
            raise errors.BadDownload(error.message) from error
        except WrongLength as error:
            failure = errors.BadDownload(error.message)
        except _FINAL:
            raise
        except errors.RateLimited as error:
            pause, failure = max(error.retry_after or 0.0, pause), error
        except errors.ProviderError as error:
            failure = error
        if attempt < _TRIES:
            if context.clock.monotonic() + pause > deadline:
                raise FetchLater(f"rendered, not downloaded yet: {failure.message}") from failure
            await context.pause(pause)
            if context.interrupted:
                raise FetchLater("rendered, not downloaded yet") from failure
            pause = min(pause * 2, _LONGEST_PAUSE)
    raise failure


async def _download_once(context: Context, record: Record, job: Job, deadline: float) -> tuple[Record, int]:
    """One attempt. The next one resumes a broken download."""
    variant = Variant.STILL if record.kind == Kind.STILL else Variant.VIDEO
    received = await stream(context, record, job, variant, deadline)
    return await asyncio.to_thread(_put_in_place, context, record, received), received.size


def _put_in_place(context: Context, record: Record, received: Received) -> Record:
    """Move the part into the store, with its note. The state is updated last: it must never be ahead.

    A file that came to its end and is no video is dropped.
    """
    part, assets = received.part, context.assets
    try:
        with exclusive_part(part, create=False) as handle:
            suffix, seconds, differs = _looked_at(context, record, received, handle)
            stored = replace(
                record, asset=received.sha256, seconds=seconds, run=context.run, mismatch=differs
            )
            with assets.shelf(received.sha256) as shelf:
                target = assets.path_of(received.sha256, suffix)
                shelf.adopt_opened(handle, part, target, hashed=True)
                _note_beside(context, stored, lambda: note(assets, shelf, sidecar_of(stored)))
    except DamagedFile:
        part.unlink(missing_ok=True)
        raise
    return stored


def _looked_at(
    context: Context, record: Record, received: Received, handle: int
) -> tuple[str, float | None, str | None]:
    """Where the file, which is open, belongs, its length, and how it differs from what was paid for.

    Raises `DamagedFile`.
    """
    if record.kind == Kind.STILL:
        picture = inspect_picture(received.part)
        tolerance = context.settings.tolerance_pct
        differs = picture_mismatch(received.part, picture, _asked_size(record), tolerance)
        return STILLS[picture.format], None, differs
    with FileIO(handle, closefd=False) as file:
        suffix, facts = inspect_opened_video(BufferedReader(file), received.part)
    if facts is None:
        return suffix, record.seconds, kept_as(received.part)
    seconds = round(facts.duration_seconds, 3) or record.seconds
    return suffix, seconds, _differs(context, record, received, facts)


def _differs(context: Context, record: Record, received: Received, facts: Mp4Facts) -> str | None:
    """How the file differs from what was paid for.

    A video that is fetched again is judged as it was: its record holds the length of the file by then.
    """
    if record.asset == received.sha256 and record.mismatch is not None:
        return record.mismatch
    seconds, inputs = record.seconds if record.asset is None else None, fields_of(record.inputs)
    if "workflow" in inputs:
        # An unbound length is the workflow's own.
        seconds = inputs.get("seconds") or None
    elif record.kind == Kind.CREATE:
        seconds = inputs.get("seconds") or seconds
    return mismatch(received.part, facts, seconds, _asked_size(record), context.settings.tolerance_pct)


def _asked_size(record: Record) -> str | None:
    """The requested size; None if a workflow's size is not bound, because it has its own."""
    inputs = fields_of(record.inputs)
    return record.size if "workflow" not in inputs or inputs.get("size") else None


def _note_beside(context: Context, record: Record, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        context.store.log("sidecar not written", record.address, record.key, context.run, error=str(error))
        context.reporter.notice(
            f"{record.address}: its sidecar file could not be written ({error.strerror}); "
            "the state has the same facts"
        )
