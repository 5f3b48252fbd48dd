"""Sends one render: the intent is durable before, the remote id durable right after."""

from __future__ import annotations

import contextlib
import json

from sorasync.apply import requests
from sorasync.apply.context import Context
from sorasync.apply.events import Moment
from sorasync.apply.job_ids import IdTaken
from sorasync.apply.requests import Request
from sorasync.assets.errors import DiskFull
from sorasync.errors import SorasyncError
from sorasync.graph.render import Render
from sorasync.plan.change import Change
from sorasync.provider import errors
from sorasync.provider.wire import CreateRequest, EditRequest, ExtendRequest, Job
from sorasync.state.errors import StateError
from sorasync.state.record import Record, Status


class Stopped(SorasyncError):
    """Nothing more may be sent in this run."""


async def send(context: Context, change: Change) -> Job | None:
    """Send a change's render; the accepted job, None for a character (it is complete then).

    Moves the record to `submitted`, `stored` (characters), `failed`, `blocked` or `unknown`, and raises the
    provider's error in the last three cases. Raises before anything is recorded where the budget, the
    disk, a changed file or the end of the run forbids sending.
    """
    render = change.render
    assert render is not None
    request = await requests.build(context, render, change.label)
    if context.assets.free_bytes() < context.settings.min_free_bytes:
        raise DiskFull(context.assets.path, context.settings.min_free_bytes)
    if context.stop.is_set():
        raise Stopped("not started")
    context.budget.reserve(change.cost_usd, change.seconds)
    noted: list[Record] = []
    try:
        await context.commits.write(lambda: noted.append(intend(context, change, render, request)))
    except BaseException:
        context.budget.release(change.cost_usd, change.seconds)
        if noted:
            _take_back(context, noted[-1])
        raise
    context.tell(change, Moment.SENT)
    try:
        answer = await _post(context, render, request)
        _claim(context, render, answer)
    except BaseException as error:
        _ended(context, change, error)
        raise
    return _accepted(context, render, answer)


_STANDING = frozenset({Status.SUBMITTED, Status.RENDERED, Status.STORED})
"""Records that are set aside before their key is rendered afresh; all others may be sent as they are."""


def intend(context: Context, change: Change, render: Render, request: Request | None) -> Record:
    """Note, durably, that a render is about to be sent; its present record is set aside if need be."""
    store = context.store
    source = None if request is None or isinstance(request, CreateRequest) else request.source.remote_id
    sent = {"prompt": render.prompt, "file": render.file} | ({"source_id": source} if source else {})
    record = Record(
        key=render.key,
        kind=render.kind.value,
        status=Status.INTENT,
        address=render.address,
        inputs=render.inputs,
        request=json.dumps(sent, sort_keys=True, ensure_ascii=False),
        source_key=json.loads(render.inputs).get("source"),
        provider=context.provider.name,
        model=render.model or None,
        size=render.size or None,
        seconds=float(render.seconds) or None,
        billed_seconds=float(change.seconds),
        cost_usd=change.cost_usd,
    )
    with store.transaction():
        before = store.record(render.key) if change.supersede else None
        if before is not None and before.status in _STANDING:
            store.supersede(render.key, run=context.run)
        return store.intend(record, run=context.run)


def _take_back(context: Context, intent: Record) -> None:
    """A run that is ended just when the intent was written has sent nothing. Nobody else's is touched."""
    with contextlib.suppress(StateError):
        if context.store.record(intent.key) == intent:
            context.store.withdraw(
                intent.key, run=context.run, error_message="the run ended before it was sent"
            )


async def _post(context: Context, render: Render, request: Request | None) -> Job | str:
    """The job, or the id of a character."""
    provider = context.provider
    match request:
        case CreateRequest():
            return await provider.create(request)
        case ExtendRequest():
            return await provider.extend(request)
        case EditRequest():
            return await provider.edit(request)
    assert render.file is not None
    return await provider.upload_character(render.prompt, context.root / render.file)


def _claim(context: Context, render: Render, answer: Job | str) -> None:
    """Take the id for this render. An id that another render holds says nothing of this one's request.

    What answers in the provider's place, a cache as a rule, would answer every further request so.
    """
    try:
        context.job_ids.claim(answer if isinstance(answer, str) else answer.id, render.address)
    except IdTaken as taken:
        context.halt(f"{taken.message}: is there a cache in front of it?")
        raise errors.OutcomeUnknown(taken.message) from taken


def _accepted(context: Context, render: Render, answer: Job | str) -> Job | None:
    try:
        if isinstance(answer, str):
            context.store.move(render.key, Status.STORED, run=context.run, remote_id=answer)
            return None
        context.store.move(
            render.key,
            Status.SUBMITTED,
            run=context.run,
            remote_id=answer.id,
            expires_at=answer.expires_at,
            progress=answer.progress,
        )
    except StateError as error:
        remote_id = answer if isinstance(answer, str) else answer.id
        raise StateError(
            f"{error.message}; the provider's id of it is {remote_id}", hint=error.hint
        ) from error
    return answer


def _ended(context: Context, change: Change, error: BaseException) -> None:
    """Record how a request ended without a job. What is no answer of the provider leaves its outcome open."""
    store, key = context.store, change.key
    if isinstance(error, errors.OutcomeUnknown) or not isinstance(error, errors.ProviderError):
        with contextlib.suppress(StateError):
            store.move(key, Status.UNKNOWN, run=context.run, **why(error))
        return
    context.budget.release(change.cost_usd, change.seconds)
    if isinstance(error, errors.Moderated):
        store.move(key, Status.BLOCKED, run=context.run, **why(error))
    elif isinstance(error, TRIED):
        store.move(key, Status.FAILED, run=context.run, **why(error))
    else:
        store.withdraw(key, run=context.run, **why(error))


TRIED = (errors.InvalidRequest, errors.NotFound, errors.NotSupported)
"""Refusals of this very request; all others say nothing about the render and do not count as an attempt."""


def why(error: BaseException) -> dict[str, object]:
    """What a record keeps of an error."""
    if not isinstance(error, errors.ProviderError):
        return {"error_stage": "send", "error_code": None, "error_message": type(error).__name__}
    code = error.code or (str(error.status) if error.status else None)
    return {"error_stage": "send", "error_code": code, "error_message": error.message}
