"""The output of `sorasync cancel`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import cells, padded
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.cancel import CancelEnd, Cancelled, InProgress
from sorasync.plan.cost import money, total
from sorasync.text import counted

_MARKS = {CancelEnd.CANCELLED: "×", CancelEnd.ASKED: "…", CancelEnd.FINISHED: "✓", CancelEnd.KEPT: "!"}


def in_progress_text(found: Sequence[InProgress], *, asked: bool, several: bool) -> Iterator[str]:
    """A line for each render in progress, with what it is charged if cancelled."""
    possible = [one for one in found if one.why_not is None]
    names = {one.label: f"{one.label} at {one.host}" if several else one.label for one in found}
    name_width = max((cells(names[one.label]) for one in possible), default=0)
    state_width = max((cells(_progress(one)) for one in possible), default=0)
    for one in found:
        name = names[one.label]
        if one.why_not is not None:
            yield f"! {name}: cannot be cancelled: {one_line(one.why_not)}"
        else:
            state = padded(_progress(one), state_width)
            yield f"× {padded(name, name_width)}  {state}  {_consequence(one)}"
    if not found:
        yield "Nothing is in progress."
        return
    if not possible:
        return
    back = total(_refund(one) for one in possible)
    stays = total(one.charge for one in possible)
    yield f"{counted(len(possible), 'render')} to cancel: {back} refunded, {stays} still charged."
    if not asked:
        yield "Nothing was cancelled. To cancel: sorasync cancel ADDRESS"


def cancelled_text(ended: Sequence[Cancelled]) -> Iterator[str]:
    """How each one ended."""
    for one in ended:
        if one.end is CancelEnd.CANCELLED:
            counts = "not charged" if one.charge == 0 else f"charged {money(one.charge)}"
            yield f"{_MARKS[one.end]} {one.label}: cancelled, {counts}"
        else:
            yield f"{_MARKS[one.end]} {one.label}: {one_line(one.message)}"
    done = [one for one in ended if one.end is CancelEnd.CANCELLED]
    if done:
        first = f"'{done[0].label}'" if len(done) == 1 else "ADDRESS"
        yield f"Cancelled: {counted(len(done), 'render')}. To render again: sorasync retry {first}"
    elif ended:
        yield "Nothing was cancelled."


def cancelling_json(found: Sequence[InProgress], ended: Sequence[Cancelled]) -> dict[str, object]:
    """The same as plain data."""
    ends = {one.label: one for one in ended}
    return {"format_version": 1, "renders": [_render_json(one, ends.get(one.label)) for one in found]}


def _render_json(one: InProgress, end: Cancelled | None) -> dict[str, object]:
    possible = one.why_not is None
    return {
        "address": one.label,
        "provider": one.record.provider,
        "remote_id": one.record.remote_id,
        "cost_usd": _usd(one.record.cost_usd),
        "queued": one.queued if possible else None,
        "charge_usd": _usd(one.charge) if possible else None,
        "refund": one.refund if possible else None,
        "why_not": one.why_not,
        "end": None if end is None else end.end.value,
        "charged_usd": None if end is None else _usd(end.charge),
        "message": None if end is None or not end.message else end.message,
    }


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else usd(amount)


def _refund(one: InProgress) -> Decimal | None:
    price = one.record.cost_usd
    return None if price is None or one.charge is None else price - one.charge


def _progress(one: InProgress) -> str:
    if one.queued:
        return "queued"
    return f"rendering ({one.progress}%)" if one.progress else "rendering"


def _consequence(one: InProgress) -> str:
    if one.charge == 0:
        price = one.record.cost_usd
        return f"{money(price)} refunded" if price else "not charged"
    rule = {
        "unknown": "; the host does not say whether it refunds",
        "if_queued": "; refunded only while queued",
    }.get(one.refund, "")
    return f"{money(one.charge)} still charged{rule}"
