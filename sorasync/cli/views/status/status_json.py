"""The status of a library as plain data."""

from __future__ import annotations

from sorasync.cli.terminal.units import iso
from sorasync.cli.views.plan.plan_json import allowance_json, usd
from sorasync.operations.status import ClipStatus, RenderStage
from sorasync.operations.status_view import StatusView
from sorasync.plan.change import Change
from sorasync.state.account import Spent


def status_json(status: StatusView) -> dict[str, object]:
    """The rows and the sums; `cost_usd` is null where a price is unknown."""
    return {
        "format_version": 1,
        "library": status.library,
        "env": status.env,
        "provider": status.provider,
        "billing": "simulated" if status.simulated else "real",
        "summary": {stage.value: status.counts.get(stage, 0) for stage in RenderStage},
        "to_retire": status.leaving,
        "retired": status.retired,
        "cost_usd": None if status.to_go.unknown else usd(status.to_go.known_usd),
        "spent": _spent(status.spent),
        "today": _spent(status.today),
        "budgets": [allowance_json(allowance) for allowance in status.allowances],
        "notices": list(status.notices),
        "addresses": [_status_fields(row, status) for row in status.rows],
        **_cut_fields(status),
    }


def _cut_fields(status: StatusView) -> dict[str, object]:
    if not status.cuts:
        return {}
    from sorasync.cli.views.cut.cut_output import summary_json

    return {"cuts": [summary_json(view) for view in status.cuts]}


def _spent(spent: Spent) -> dict[str, object]:
    return {
        "known_usd": usd(spent.usd),
        "seconds": spent.seconds,
        "unknown_prices": spent.unknown,
        "resends": spent.resends,
    }


def _status_fields(row: ClipStatus, status: StatusView) -> dict[str, object]:
    return {
        "address": row.address,
        "stage": row.stage.value,
        "renders": row.renders,
        "done": row.done,
        "waits_for": row.waits_for,
        "cost_usd": None if row.cost.unknown else usd(row.cost.known_usd),
        "cost_once_picked_usd": None if row.later.unknown else usd(row.later.known_usd),
        "failed_checks": [
            {
                "address": checked.render.label,
                "check": result.check,
                "verdict": result.verdict.value,
                "message": result.message,
            }
            for checked in status.failing.get(row.address, ())
            for result in checked.results
        ],
        "changes": [_change(stage, change, status) for stage, change in row.changes],
    }


def _change(stage: RenderStage, change: Change, status: StatusView) -> dict[str, object]:
    record = status.records.get(change.key)
    since = (record.submitted_at or record.intent_at) if record and stage is RenderStage.FLIGHT else None
    return {
        "address": change.label,
        "stage": stage.value,
        "action": change.action.value,
        **({"host": change.host} if change.host else {}),
        "reason": change.reason,
        "key": change.key,
        "cost_usd": None if change.cost_usd is None else usd(change.cost_usd),
        "status": record.status.value if record else None,
        "progress": record.progress if record and stage is RenderStage.FLIGHT else None,
        "since": iso(since),
        "seconds_left": status.left.get(change.key),
        "expires_at": iso(status.expiring.get(change.key)),
        "error": record.error_message if record else None,
    }
