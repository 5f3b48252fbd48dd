"""Sends one render: the intent is durable before, the remote id durable right after."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from functools import partial

from sorasync.apply.context import Context
from sorasync.apply.render import render_request as requests
from sorasync.apply.render.billing import book, move
from sorasync.apply.render.change_payment_gate import ChangePaymentGate
from sorasync.apply.render.job_ids import IdTaken
from sorasync.apply.render.render_request import Request
from sorasync.apply.render.row_words import told
from sorasync.apply.render.seed import found_in
from sorasync.assets.file_errors import DiskFull
from sorasync.errors import SorasyncError
from sorasync.graph.render import Render
from sorasync.plan.change import Change
from sorasync.provider import errors
from sorasync.provider.wire import CreateRequest, EditRequest, ExtendRequest, Job, StillRequest
from sorasync.state.errors import StateError
from sorasync.state.record import ID_TAKEN, Record, Status
from sorasync.text import counted


async def send(context: Context, change: Change, deadline: float) -> Job | None:
    """Send a change's render; the accepted job, None for a character (it is complete then).

    Moves the record to `submitted`, `stored` (characters), `failed`, `blocked` or `unknown`, and raises the
    provider's error in the last three cases. Raises, and leaves the record as it was, where the budget, the
    disk, a changed file or the end of the run forbids sending. No pause goes past the deadline (monotonic).
    """
    render = change.render
    assert render is not None
    request = await requests.build(context, render, change.label)
    if context.assets.free_bytes() < context.settings.min_free_bytes:
        raise DiskFull(context.assets.path, context.settings.min_free_bytes)
    gate = ChangePaymentGate(context, change, patience=max(0.0, deadline - context.clock.monotonic()))
    gate.check()
    reserved_at = context.clock.now()
    context.budget.reserve(change.cost_usd, change.seconds)
    noted: list[Intent] = []
    try:
        await context.commits.write(lambda: noted.append(intend(context, change, render, request)))
    except BaseException:
        context.budget.release(change.cost_usd, change.seconds, reserved_at)
        if noted:
            await take_back(context, noted[-1])
        raise
    try:
        answer = await _post(context, render, request, gate)
    except BaseException as error:
        if gate.private and isinstance(error, errors.ProviderError):
            error.withhold()
        unsent = isinstance(error, (errors.Withheld, asyncio.CancelledError)) and not gate.left
        if unsent:
            context.budget.release(change.cost_usd, change.seconds, reserved_at)
            await take_back(context, noted[-1])
        else:
            await _ended(context, change, noted[-1].record, error)
        raise
    return await _answered(context, change, render, noted[-1].record, answer)


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent, and the key's record `before` it; `aside` is the key under which that one is kept now."""

    record: Record
    before: Record | None
    aside: str | None


def intend(context: Context, change: Change, render: Render, request: Request | None) -> Intent:
    """Record durably that a render is about to be sent; set its present record aside if necessary."""
    store = context.store
    source = request.source.remote_id if isinstance(request, ExtendRequest | EditRequest) else None
    sent = told(render)
    sent |= {"source_id": source} if source else {}
    sent |= {"references": [file for file, _ in render.references]} if render.references else {}
    sent |= {"seed": seed} if (seed := _seed(context, render, request)) is not None else {}
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
        before, aside = store.record(render.key), None
        status = before.status if change.supersede and before is not None else None
        if status is Status.STORED:
            aside = store.supersede(render.key, run=context.run)
        elif status in (Status.SUBMITTED, Status.RENDERED):
            # Only a lost animatic is drawn again while its record counts as in flight.
            store.move(render.key, Status.LOST, run=context.run)
        intent = store.intend(record, run=context.run)
        if store.shared:
            # In the transaction of the intent: no two machines can have the last of a budget.
            context.budget.check_shared(change.cost_usd, change.seconds, store.billed_since)
        return Intent(intent, before, aside)


def _seed(context: Context, render: Render, request: Request | None) -> object:
    """The seed that was sent; of a row only one that sorasync chose."""
    still = isinstance(request, StillRequest)
    name = context.profile.images.seed if still else context.profile.seed_param
    if request is None or name is None or (render.private and found_in(render.params, name) is not None):
        return None
    return found_in(request.params, name)


async def take_back(context: Context, *intents: Intent) -> None:
    """Undo intents whose request never left. What another run made of the keys stays."""
    store, run = context.store, context.run

    def undo() -> None:
        for intent in intents:
            store.take_back(intent.record, intent.before, intent.aside, run=run)

    with contextlib.suppress(StateError):
        await context.commits.record(undo)


async def _post(
    context: Context, render: Render, request: Request | None, gate: ChangePaymentGate
) -> Job | str:
    """The job, or the id of a character."""
    provider = context.provider
    match request:
        case CreateRequest():
            return await provider.create(request, gate)
        case ExtendRequest():
            return await provider.extend(request, gate)
        case EditRequest():
            return await provider.edit(request, gate)
        case StillRequest():
            return await provider.still(request, gate)
    assert render.file is not None
    model = context.cast_models.get(render.address, context.profile.default_model)
    return await provider.upload_character(render.prompt, context.root / render.file, gate, model=model)


class Overtaken(SorasyncError):
    """Another run took the render over while this one's request was on its way."""


async def _answered(
    context: Context, change: Change, render: Render, intent: Record, answer: Job | str
) -> Job | None:
    """Keep the id before anything else happens, and book what the job costs."""
    remote_id = answer if isinstance(answer, str) else answer.id
    try:
        kept = await context.commits.record(lambda: _keep(context, render, intent, answer))
    except IdTaken as taken:
        # What answers in the provider's place, a cache as a rule, would answer every further request so.
        context.halt(f"{taken.message}: is there a cache in front of it?")
        unknown = errors.OutcomeUnknown(taken.message, code=ID_TAKEN)
        await _ended(context, change, intent, unknown)
        raise unknown from taken
    except StateError as error:
        raise StateError(f"{error.message}; the provider's id is {remote_id}", hint=error.hint) from error
    if isinstance(kept, Overtaken):
        raise kept
    if isinstance(answer, str):
        return None
    book(context, *kept)
    if answer.resends:
        await _note_resends(context, render, answer.resends)
    return answer


def _keep(
    context: Context, render: Render, intent: Record, answer: Job | str
) -> tuple[Record, Record] | Overtaken:
    """The record before and after the answer. Raises `IdTaken` for the id of another render's job."""
    store, run = context.store, context.run
    remote_id = answer if isinstance(answer, str) else answer.id
    before = store.record(render.key)
    if before is None or before.remote_id != remote_id:
        context.job_ids.claim(remote_id, intent)
    if before is None or not _waits(before, intent):
        return _overtaken(context, render, remote_id)
    if isinstance(answer, str):
        return before, store.move(render.key, Status.STORED, run=run, remote_id=answer)
    return before, move(
        context,
        before,
        Status.SUBMITTED,
        answer,
        remote_id=answer.id,
        expires_at=answer.expires_at,
        progress=answer.progress,
    )


def _waits(now: Record, intent: Record) -> bool:
    """Whether a key still waits for this intent's answer: without the lock, others may have continued."""
    return now.status in (Status.INTENT, Status.UNKNOWN) and now.intent_at == intent.intent_at


def _overtaken(context: Context, render: Render, remote_id: str) -> Overtaken:
    """Keep a job that arrived for a key that another run continued with: it was paid for too."""
    store, host = context.store, context.provider.name
    if not store.keep_surplus(render.key, remote_id, host, address=render.address, run=context.run):
        return Overtaken("another run follows it now")
    return Overtaken(
        f"paid for twice: another run sent it again, and {remote_id} arrived as well",
        hint="`sorasync cost` counts both; `sorasync history` says who unlocked the state",
    )


async def _note_resends(context: Context, render: Render, count: int) -> None:
    note = partial(context.store.note_resends, render.key, count, address=render.address, run=context.run)
    await context.commits.record(note)
    context.reporter.notice(
        f"{render.address}: the gateway sent the request {counted(count, 'more time')}, and each may be "
        "billed; num_retries = 0 in its configuration prevents that"
    )


async def _ended(context: Context, change: Change, intent: Record, error: BaseException) -> None:
    """Record how a request ended without a job. Without an answer from the provider it is in doubt."""
    in_doubt = isinstance(error, errors.OutcomeUnknown) or not isinstance(error, errors.ProviderError)
    try:
        ours = await context.commits.record(lambda: _record_end(context, intent, error))
    except StateError:
        if in_doubt:
            return
        raise
    if ours and not in_doubt:
        context.budget.release(change.cost_usd, change.seconds, intent.intent_at or 0.0)


def _record_end(context: Context, intent: Record, error: BaseException) -> bool:
    """Whether the key still waited for this request."""
    store, key, run = context.store, intent.key, context.run
    now = store.record(key)
    if now is None or not _waits(now, intent):
        return False
    if isinstance(error, errors.OutcomeUnknown) or not isinstance(error, errors.ProviderError):
        store.move(key, Status.UNKNOWN, run=run, **why(error))
    elif isinstance(error, errors.InvalidRequest) and error.lasting:
        store.move(key, Status.BLOCKED, run=run, **why(error))
    elif isinstance(error, TRIED):
        store.move(key, Status.FAILED, run=run, **why(error))
    else:
        store.withdraw(key, run=run, **why(error))
    return True


# Refusals of this request; other errors do not concern the render and count as no attempt.
TRIED = (errors.InvalidRequest, errors.NotFound, errors.NotSupported, errors.RenderFailed)


def why(error: BaseException) -> dict[str, object]:
    """What a record keeps of an error."""
    if not isinstance(error, errors.ProviderError):
        cancelled = isinstance(error, asyncio.CancelledError)
        said = "the run was interrupted before the answer came" if cancelled else type(error).__name__
        return {"error_stage": "send", "error_code": None, "error_message": said}
    code = error.code or (str(error.status) if error.status else None)
    return {"error_stage": "send", "error_code": code, "error_message": error.message}
