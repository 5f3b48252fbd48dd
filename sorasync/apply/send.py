"""Sends one render: the intent is durable before, the remote id durable right after."""

from __future__ import annotations

import asyncio
import json

from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.assets.errors import DiskFull
from sorasync.errors import SorasyncError
from sorasync.graph.render import Kind, Render
from sorasync.plan.change import Change
from sorasync.provider import errors
from sorasync.provider.wire import CreateRequest, EditRequest, ExtendRequest, Job, Source
from sorasync.state.record import Record, Status


class SourceChanged(SorasyncError):
    """A file that is to be uploaded is not the one the plan was made for."""


async def send(context: Context, change: Change) -> Job | None:
    """Send a change's render; the accepted job, None for a character (it is complete then).

    Moves the record to `submitted`, `stored` (characters), `failed`, `blocked` or `unknown`, and raises the
    provider's error in the last three cases. Raises before anything is recorded where the budget, the
    disk or a changed file forbids sending.
    """
    render = change.render
    assert render is not None
    request = _Requests(context).of(render, change.label)
    if context.assets.free_bytes() < context.settings.min_free_bytes:
        raise DiskFull(context.assets.path, context.settings.min_free_bytes)
    context.budget.reserve(change.cost_usd, change.seconds)
    _intend(context, change, render)
    context.tell(change, Moment.SENT)
    try:
        return await _post(context, render, request)
    except errors.OutcomeUnknown as error:
        _ended(context, render.key, Status.UNKNOWN, "send", error)
        raise
    except errors.Moderated as error:
        context.budget.release(change.cost_usd, change.seconds)
        _ended(context, render.key, Status.BLOCKED, "send", error)
        raise
    except errors.ProviderError as error:
        context.budget.release(change.cost_usd, change.seconds)
        _ended(context, render.key, Status.FAILED, "send", error)
        raise
    except asyncio.CancelledError:
        context.store.move(render.key, Status.UNKNOWN, run=context.run, error_stage="send")
        raise


_STANDING = frozenset({Status.SUBMITTED, Status.RENDERED, Status.STORED})
"""Records that are set aside before their key is rendered afresh; all others may be sent as they are."""


def _intend(context: Context, change: Change, render: Render) -> None:
    before = context.store.record(render.key)
    if change.supersede and before is not None and before.status in _STANDING:
        context.store.supersede(render.key, run=context.run)
    context.store.intend(
        Record(
            key=render.key,
            kind=render.kind.value,
            status=Status.INTENT,
            address=render.address,
            inputs=render.inputs,
            request=json.dumps(
                {"prompt": render.prompt, "file": render.file}, sort_keys=True, ensure_ascii=False
            ),
            source_key=json.loads(render.inputs).get("source"),
            provider=context.provider.name,
            model=render.model or None,
            size=render.size or None,
            seconds=float(render.seconds) or None,
            billed_seconds=float(change.seconds),
            cost_usd=change.cost_usd,
            intent_at=context.clock.now(),
        ),
        run=context.run,
    )


async def _post(context: Context, render: Render, request: object) -> Job | None:
    provider, store = context.provider, context.store
    match request:
        case CreateRequest():
            job = await provider.create(request)
        case ExtendRequest():
            job = await provider.extend(request)
        case EditRequest():
            job = await provider.edit(request)
        case _:
            assert render.file is not None
            character = await provider.upload_character(render.prompt, context.root / render.file)
            store.move(render.key, Status.STORED, run=context.run, remote_id=character)
            return None
    store.move(
        render.key,
        Status.SUBMITTED,
        run=context.run,
        remote_id=job.id,
        expires_at=job.expires_at,
        progress=job.progress,
    )
    return job


def _ended(context: Context, key: str, status: Status, stage: str, error: errors.ProviderError) -> None:
    uncounted = {}
    if isinstance(error, _NEVER_TRIED) and (record := context.store.record(key)) is not None:
        uncounted = {"attempts": max(0, record.attempts - 1)}
    context.store.move(
        key,
        status,
        run=context.run,
        error_stage=stage,
        error_code=error.code or (str(error.status) if error.status else None),
        error_message=error.message,
        **uncounted,
    )


_NEVER_TRIED = (errors.NotSent, errors.RateLimited, errors.AuthFailed, errors.QuotaExhausted)
"""Errors that say nothing about the render: they do not count as an attempt at it."""


class _Requests:
    """Builds requests; everything that can be refused locally is refused here, before the intent."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, render: Render, label: str) -> object:
        if render.file is not None:
            self._unchanged(render)
        if render.kind is Kind.CHARACTER:
            return None
        inputs = json.loads(render.inputs)
        if render.kind is Kind.CREATE:
            return CreateRequest(
                prompt=render.prompt,
                model=render.model,
                size=render.size,
                seconds=render.seconds,
                characters=tuple(self._remote_id(key) for key in inputs.get("characters", ())),
                image=self._context.root / render.file if render.file else None,
                params=render.params,
                label=label,
            )
        source = self._source(inputs["source"])
        if render.kind is Kind.EXTEND:
            return ExtendRequest(source, render.prompt, render.billed_seconds, render.params, label)
        return EditRequest(source, render.prompt, render.params, label)

    def _unchanged(self, render: Render) -> None:
        assert render.file is not None
        digest = self._context.settings.hash_file
        if digest is not None and digest(render.file) != render.file_sha256:
            raise SourceChanged(f"{render.file} changed after the plan was made", hint="make a new plan")

    def _remote_id(self, key: str) -> str:
        record = self._context.store.record(key)
        if record is None or record.remote_id is None:
            raise SorasyncError(f"a character it uses is not known to {self._context.provider.name}")
        return record.remote_id

    def _source(self, key: str) -> Source:
        record = self._context.store.record(key)
        if record is None:
            raise SorasyncError("its source is not in the state", hint="make a new plan")
        file = None
        if record.asset is not None and self._context.profile.abilities.upload_as_source:
            file = self._context.assets.path_of(record.asset)
        here = record.provider == self._context.provider.name
        if file is not None and record.expires_at is not None:
            here = here and record.expires_at > self._context.clock.now()
        return Source(
            remote_id=record.remote_id if here else None,
            file=file,
            model=record.model,
            size=record.size,
            seconds=int(record.seconds) if record.seconds else None,
        )
