"""Builds what is sent for a render. Everything that can be refused locally is refused here."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from sorasync.apply.context import Context
from sorasync.apply.render.seed import with_seed
from sorasync.assets.archive import NotArchived
from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind, Render
from sorasync.provider.wire import CreateRequest, EditRequest, ExtendRequest, Source, StillRequest
from sorasync.state.record import Record, Status

Request = CreateRequest | ExtendRequest | EditRequest | StillRequest


class SourceChanged(SorasyncError):
    """A file to upload has changed since the plan was made."""


async def build(context: Context, render: Render, label: str) -> Request | None:
    """The request for a render, None for a character, which is uploaded as it is.

    Raises `SourceChanged`, or `SorasyncError` for a source or character that the provider does not know.
    """
    await _unchanged(context, render)
    if render.kind is Kind.CHARACTER:
        return None
    inputs = json.loads(render.inputs)
    record, tried = await context.commits.read(
        lambda: (context.store.record(render.key), context.store.tried(render.key))
    )
    token = _token(context.lineage, render.key, tried)
    still, take = render.kind is Kind.STILL, int(inputs.get("take", 1))
    params = with_seed(context.profile, render.params, key=render.key, take=take, tried=tried, still=still)
    if still:
        return await _still(context, render, params, label, token)
    if render.kind is Kind.CREATE:
        return CreateRequest(
            prompt=render.prompt,
            model=render.model,
            size=render.size,
            seconds=render.seconds,
            characters=tuple([await _character(context, key) for key in inputs.get("characters", ())]),
            image=await _frame(context, render.file, render.still, inputs.get("image")),
            last_image=await _frame(context, render.last_file, render.last_still, inputs.get("last_image")),
            params=params,
            workflow=None if render.workflow is None else json.loads(render.workflow),
            label=label,
            idempotency_key=token,
            repeated=record is not None and record.status is Status.UNKNOWN,
        )
    source = await _source(context, inputs["source"])
    if render.kind is Kind.EXTEND:
        added = int(inputs["seconds"])
        return ExtendRequest(source, render.prompt, added, params, label, token)
    return EditRequest(source, render.prompt, params, label, token)


async def _still(
    context: Context, render: Render, params: Mapping[str, object], label: str, token: str
) -> StillRequest:
    """The request for a still: an edit sends the picture before, then come the references."""
    references = [context.root / file for file, _ in render.references]
    before = [] if render.source is None else [await _picture(context, json.loads(render.inputs)["source"])]
    images, record = (*before, *references), await context.record(render.key)
    repeated = record is not None and record.status is Status.UNKNOWN
    workflow = None if render.workflow is None else json.loads(render.workflow)
    return StillRequest(
        render.prompt, render.model, render.size, images, params, label, token, repeated, workflow
    )


async def _frame(context: Context, file: str | None, still: str | None, key: object) -> Path | None:
    """The image of a first or last frame: a file of the library, or a still that is stored."""
    if still is not None:
        return await _picture(context, str(key))
    return context.root / file if file is not None else None


async def _picture(context: Context, key: str) -> Path:
    """The file of a stored still."""
    record = await context.record(key)
    if record is None or record.status is not Status.STORED or record.asset is None:
        raise SorasyncError("a still that it is made from is not here", hint="make a new plan")
    try:
        return await asyncio.to_thread(context.assets.bring, record.asset)
    except NotArchived:
        raise SorasyncError("a still that it is made from is not here", hint="make a new plan") from None


async def _unchanged(context: Context, render: Render) -> None:
    digest = context.settings.hash_file
    for file, sha256 in render.files.items() if digest is not None else ():
        if digest is not None and await asyncio.to_thread(digest, file) != sha256:
            what = "a picture of it" if render.private else file
            raise SourceChanged(f"{what} changed after the plan was made", hint="make a new plan")


def token_of(lineage: str, record: Record) -> str:
    """The token with which a record's present attempt was sent."""
    return _token(lineage, record.key, record.attempts - 1)


def _token(lineage: str, key: str, tried: int) -> str:
    """The same token when a request that never arrived is resent, a new one for each attempt."""
    return hashlib.sha256(f"{lineage}:{key}:{tried}".encode()).hexdigest()


async def _character(context: Context, key: str) -> str:
    record = await context.record(key)
    known = record is not None and record.provider == context.provider.name
    if not known or record is None or record.remote_id is None or record.status is not Status.STORED:
        raise SorasyncError(
            f"{context.provider.name} does not have a character that it uses", hint="make a new plan"
        )
    return record.remote_id


async def _source(context: Context, key: str) -> Source:
    record = await context.record(key)
    if record is None or record.status is not Status.STORED:
        raise SorasyncError("its source is not in the state", hint="make a new plan")
    here = record.provider == context.provider.name
    return Source(
        remote_id=record.remote_id if here else None,
        file=await _source_file(context, record),
        model=record.model,
        size=record.size,
        seconds=round(record.seconds) if record.seconds else None,
    )


async def _source_file(context: Context, record: Record) -> Path | None:
    """The file of a source that has to be uploaded, fetched from the bucket where it is not here."""
    if record.asset is None or not context.profile.abilities.upload_as_source:
        return None
    try:
        return await asyncio.to_thread(context.assets.bring, record.asset)
    except NotArchived:
        return None
