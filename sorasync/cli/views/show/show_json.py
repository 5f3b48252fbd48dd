"""One address as plain data."""

from __future__ import annotations

import json

from sorasync.cli.terminal.units import iso
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.address_view import AddressView, RenderView
from sorasync.operations.resolved_values import Value, declared_at, values_of
from sorasync.state.record import Record


def show_json(view: AddressView) -> dict[str, object]:
    """The values with their places, and every render with its record."""
    library, owner = view.planned.library, view.found.owner
    at = declared_at(library, owner)
    node = view.planned.graph.node(view.found.owner)
    return {
        "format_version": 1,
        "address": owner,
        "declared": view.found.declared,
        "file": at.file if at else None,
        "line": at.line if at else None,
        "takes": len(node.takes) if node else None,
        "chosen": node.chosen if node else None,
        "waits_for": node.waits_for if node else None,
        "values": [_value_fields(v) for v in values_of(library, view.planned.graph, owner)]
        if view.found.declared
        else [],
        "renders": [_render_fields(render) for render in view.renders],
    }


def _value_fields(value: Value) -> dict[str, object]:
    return {
        "name": value.name,
        "value": value.value,
        "file": value.place.file if value.place else None,
        "line": value.place.line if value.place else None,
        "column": value.place.column if value.place else None,
        "note": value.note,
    }


def _render_fields(view: RenderView) -> dict[str, object]:
    render, change = view.render, view.change
    return {
        "address": view.label,
        "stage": view.stage.value,
        "kind": render.kind.value if render else None,
        "key": render.key if render else None,
        "bound_key": view.bound,
        "protected": view.protected,
        "prompt": render.prompt if render else None,
        "inputs": json.loads(render.inputs) if render else None,
        "model": render.model or None if render else None,
        "size": render.size or None if render else None,
        "seconds": render.seconds or None if render else None,
        "needs": list(view.needs),
        "needed_by": list(view.needed_by),
        "file": view.file,
        "in_bucket": view.in_bucket,
        "bytes": view.bytes,
        "hdr": view.hdr,
        "checks": [result.fields() for result in view.checks],
        "planned": {"action": change.action.value, "reason": change.reason} if change else None,
        "record": record_json(view.record) if view.record else None,
    }


def record_json(record: Record) -> dict[str, object]:
    """A record; money is text, times are ISO 8601 in UTC, null is unknown."""
    return {
        "key": record.key,
        "status": record.status.value,
        "provider": record.provider,
        "remote_id": record.remote_id,
        "model": record.model,
        "size": record.size,
        "seconds": record.seconds,
        "cost_usd": None if record.cost_usd is None else usd(record.cost_usd),
        "reported_usd": None if record.reported_usd is None else usd(record.reported_usd),
        "asset": record.asset,
        "mismatch": record.mismatch,
        "progress": record.progress,
        "attempts": record.attempts,
        "run": record.run,
        "error_stage": record.error_stage,
        "error_code": record.error_code,
        "error_message": record.error_message,
        "intent_at": iso(record.intent_at),
        "submitted_at": iso(record.submitted_at),
        "rendered_at": iso(record.rendered_at),
        "stored_at": iso(record.stored_at),
        "expires_at": iso(record.expires_at),
    }
