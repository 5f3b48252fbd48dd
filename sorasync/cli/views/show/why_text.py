"""Why an address is planned as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.units import moment
from sorasync.cli.views.plan.apply_command_line import pick_command
from sorasync.cli.views.plan.plan_json import usd
from sorasync.cli.views.plan.plan_text import diff_text
from sorasync.cli.views.show.show_json import record_json
from sorasync.operations.address_view import AddressView, RenderView
from sorasync.plan.change import Change, FieldChange
from sorasync.plan.cost import money
from sorasync.plan.word_diff import Piece, word_diff


def why_text(view: AddressView) -> Iterator[str]:
    """The explanation: a block for each render."""
    for render in view.renders:
        if render.change is None:
            yield from _settled(render, view.labels)
        else:
            yield from _planned(render, render.change, view.labels)
    node = view.planned.graph.node(view.found.owner)
    if node is not None and node.waits_for:
        source = view.planned.graph.node(node.waits_for)
        takes = len(source.takes) if source else 1
        steps = "its steps wait" if node.waits_for == node.address else f"{node.address} waits"
        yield f"{steps} until a take of {node.waits_for} is picked:"
        yield f"    {pick_command(node.waits_for, takes)}"


def _settled(view: RenderView, labels: Mapping[str, str]) -> Iterator[str]:
    yield f"{click.style(view.label, bold=True)}: nothing to do"
    record = view.record
    if record is None:
        return
    yield f"    bound to the key {record.key[:16]}…, and the manifests still ask for exactly that"
    at = record.stored_at or record.rendered_at or record.submitted_at
    when = f" {moment(at)}" if at is not None else ""
    run = f"run {view.run.id} ({one_line(view.run.command)})" if view.run else ""
    before = view.run is not None and at is not None and at < view.run.started_at
    verb = "uploaded" if record.kind == "character" else "rendered"
    there = f" in {run}" if run and not before else ""
    yield f"    {verb}{when}{there}, {money(_paid(view))} at {one_line(record.provider)}"
    if before:
        yield f"    bound in {run}"
    if view.file:
        what = "picture" if record.kind == "still" else "video"
        yield f"    its {what} is {view.file}"
    other = labels.get(record.key)
    if other and other != view.label:
        yield f"    {other} is the same render"


def _paid(view: RenderView) -> Decimal | None:
    assert view.record is not None
    charge = view.record.charge
    return Decimal(0) if charge is None else charge.usd


def _planned(view: RenderView, change: Change, labels: Mapping[str, str]) -> Iterator[str]:
    price = f", {money(change.cost_usd)}" if change.paid else ""
    name = click.style(view.label, bold=True)
    yield f"{change.action.mark} {name}: {change.word}{price}"
    yield f"    because: {one_line(change.reason)}"
    for field in change.fields:
        yield f"    {field.name}: {_field(field, labels)}"
    if change.depends_on:
        yield f"    waits for: {', '.join(change.depends_on)}"
    if change.action.renders and view.bound is not None and not change.fields:
        yield f"    keeps the key {view.bound[:16]}… until then"


def _field(field: FieldChange, labels: Mapping[str, str]) -> str:
    before, after = field.before, field.after
    if isinstance(before, str) and isinstance(after, str) and " " in before + after:
        return diff_text([Piece(p.op, one_line(p.text)) for p in word_diff(before, after)])
    return f"{_value_text(before, labels)} → {_value_text(after, labels)}"


def _value_text(value: object, labels: Mapping[str, str]) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(_value_text(one, labels) for one in value) or "none"
    if isinstance(value, str):
        is_key = len(value) == 64 and set(value) <= set("0123456789abcdef")
        short = f"{value[:12]}…" if is_key else one_line(value)
        return f"{short} ({labels[value]})" if value in labels else short
    return one_line(json.dumps(value, ensure_ascii=False, default=str))


def why_json(view: AddressView) -> dict[str, object]:
    """The same as plain data."""
    node = view.planned.graph.node(view.found.owner)
    return {
        "format_version": 1,
        "address": view.found.owner,
        "waits_for": node.waits_for if node else None,
        "renders": [_render_fields(render) for render in view.renders],
    }


def _render_fields(view: RenderView) -> dict[str, object]:
    change = view.change
    return {
        "address": view.label,
        "action": change.action.value if change else None,
        "reason": change.reason if change else "the manifests ask for exactly what it is bound to",
        "cost_usd": _cost_text(change),
        "fields": [{"name": f.name, "before": f.before, "after": f.after} for f in change.fields]
        if change
        else [],
        "waits_for": list(change.depends_on) if change else [],
        "key": view.render.key if view.render else None,
        "bound_key": view.bound,
        "record": record_json(view.record) if view.record else None,
    }


def _cost_text(change: Change | None) -> str | None:
    if change is None:
        return "0.00"
    return None if change.cost_usd is None else usd(change.cost_usd)
