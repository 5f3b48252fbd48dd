"""A plan as JSON: a contract, see `docs/plan-json.md`."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json
from sorasync.plan.allowance import Allowance
from sorasync.plan.change import Alternative, Change
from sorasync.plan.plan import Plan
from sorasync.plan.refusal import Refusal

FORMAT_VERSION = 1


def plan_json(plan: Plan, *, changes: bool = True) -> dict[str, object]:
    """The plan as plain data. Money is text; `cost_usd` is null where a price is unknown.

    Without `changes` their list is empty, for a caller that has them written already.
    """
    return {
        "format_version": FORMAT_VERSION,
        "library": plan.library,
        "env": plan.env or None,
        "provider": plan.provider,
        **({"hosts": dict(plan.hosts)} if plan.hosts else {}),
        "billing": "simulated" if plan.simulated else "real",
        "summary": plan.summary(),
        "cost_usd": None if plan.cost.unknown else usd(plan.cost.known_usd),
        "known_cost_usd": usd(plan.cost.known_usd),
        "unknown_prices": plan.cost.unknown,
        "worst_case_usd": None if plan.worst.unknown else usd(plan.worst.known_usd),
        "seconds": plan.seconds,
        "budgets": [allowance_json(allowance) for allowance in plan.allowances],
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "token": plan.token,
        "partial": plan.partial,
        "mode": "batch" if plan.batch else "direct",
        "changes": [change_json(change) for change in plan.changes] if changes else [],
        "waiting": [
            {
                "address": waiting.label,
                "pick": waiting.clip,
                "takes": waiting.takes,
                "cost_usd": None if waiting.cost.unknown else usd(waiting.cost.known_usd),
            }
            for waiting in plan.waiting
        ],
        "relinks": [
            {"address": one.clip, "file": one.file, "holds": one.holds, "wanted": one.wanted}
            for one in plan.relinks
        ],
        "notices": list(plan.notices),
        "diagnostics": [diagnostic_json(d) for d in plan.diagnostics],
    }


def allowance_json(allowance: Allowance) -> dict[str, object]:
    """A cap and how much of it is spent."""
    return {
        "name": allowance.name,
        **({"host": allowance.host} if allowance.host else {}),
        "limit_usd": None if allowance.usd is None else usd(allowance.usd),
        "spent_usd": usd(allowance.spent_usd),
        "limit_seconds": allowance.seconds,
        "spent_seconds": allowance.spent_seconds,
    }


def _refusal(refusal: Refusal) -> dict[str, object]:
    return {
        "code": refusal.code,
        "message": refusal.message,
        "cause": refusal.cause,
        "ways": [{"type": way, "reach": reach} for way, reach in refusal.ways],
    }


def change_json(change: Change) -> dict[str, object]:
    """One line of a plan."""
    return {
        "address": change.label,
        "action": change.action.value,
        "key": change.key,
        "reason": change.reason,
        "cost_usd": None if change.cost_usd is None else usd(change.cost_usd),
        "seconds": change.seconds,
        "before": change.before,
        "after": change.wanted,
        "depends_on": list(change.depends_on),
        **({"host": change.host} if change.host else {}),
        **({"alternatives": list(map(_alternative, change.alternatives))} if change.alternatives else {}),
    }


def _alternative(one: Alternative) -> dict[str, object]:
    return {"host": one.host, "cost_usd": None if one.cost_usd is None else usd(one.cost_usd)}


@lru_cache(maxsize=1_000)
def usd(price: Decimal) -> str:
    """Dollars with at least two decimals and nothing lost: `3.20`, `0.045`."""
    cents = price.quantize(Decimal("0.01"))
    return f"{cents if cents == price else price.normalize():f}"
