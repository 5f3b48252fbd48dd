"""The plan and the money for the page: what an apply would do, and what was spent when and on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sorasync.graph.address import has_takes, owner
from sorasync.operations.cost import By, spending
from sorasync.operations.usable_cost import usable_costs
from sorasync.plan.change_words import counts_line, price_text, prompt_diffs, what_text, why_text
from sorasync.review.library_view import Snapshot, name_of, usd
from sorasync.review.page_apply import needs_amount

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.plan.allowance import Allowance
    from sorasync.plan.change import Change
    from sorasync.plan.plan import Plan
    from sorasync.state.store import Store

_MOST_CHANGES = 500
_MOST_LINES = 20


def money_json(project: Project, snapshot: Snapshot, store: Store) -> dict[str, Any]:
    """Plan, sums and budgets."""
    plan = snapshot.planned.plan
    return {
        "token": plan.token,
        "typed": f"{plan.cost.known_usd:f}" if needs_amount(project, plan) else None,
        "simulated": plan.simulated,
        "cost": usd(plan.cost),
        "worst": usd(plan.worst),
        "seconds": plan.seconds,
        "counts": counts_line(plan),
        "unchanged": plan.unchanged,
        "changes": [
            {
                "label": change.label,
                "clip": _clip_of(change.address),
                "action": change.action.value,
                "mark": change.action.mark,
                "what": what_text(change),
                "reason": why_text(change),
                "price": price_text(change),
                "diffs": list(prompt_diffs(change, full=False)),
                "video": _picture_of(change, snapshot),
            }
            for change in plan.changes[:_MOST_CHANGES]
        ],
        "more": max(0, len(plan.changes) - _MOST_CHANGES),
        "waiting": [{"label": one.label, "clip": one.clip, "cost": usd(one.cost)} for one in plan.waiting],
        "notices": list(plan.notices),
        "refusals": [refusal.message for refusal in plan.refusals],
        "budgets": [
            {
                "period": one.period,
                "spent": f"{one.spent_usd:f}",
                "cap": None if one.usd is None else f"{one.usd:f}",
                "after": _after(one, plan),
            }
            for one in plan.allowances
        ],
        "spent": {by.value: _lines(project, store, by) for by in (By.DAY, By.MODEL, By.CLIP)},
        "usable": _usable(project, snapshot, store),
        "total": f"{spending(project, store, By.MODEL).total.spent:f}",
    }


def _picture_of(change: Change, snapshot: Snapshot) -> str | None:
    """What shows a change: its own video or still, else the one that it takes the place of or gives up."""
    earlier = (*(bind.before for bind in change.binds if bind.before), *change.drops.values())
    found = (snapshot.asset_of(change.address), *map(snapshot.asset_of_key, earlier))
    return next(filter(None, found), None)


def _after(one: Allowance, plan: Plan) -> str | None:
    """What will have been spent after the plan; None where it costs nothing, or at one of several hosts."""
    if one.host or plan.simulated or not plan.cost.known_usd:
        return None
    return f"{one.spent_usd + plan.cost.known_usd:f}"


def _usable(project: Project, snapshot: Snapshot, store: Store) -> list[dict[str, Any]]:
    """What a second in use has cost, by model."""
    found = usable_costs(project, store, snapshot.planned.graph)
    return [
        {
            "name": line.name,
            "tries": line.tries,
            "clips": line.clips,
            "seconds": line.seconds,
            "a_second": None if line.usd_per_second is None else f"{line.usd_per_second:.3f}",
        }
        for line in found.lines[:_MOST_LINES]
    ]


def _clip_of(address: str) -> str | None:
    """The clip that has a page here; None for what is of no clip."""
    of = owner(address)
    return name_of(of) if has_takes(of) else None


def _lines(project: Project, store: Store, by: By) -> list[dict[str, Any]]:
    lines = spending(project, store, by).lines
    kept = lines[-90:] if by is By.DAY else lines[:_MOST_LINES]
    return [
        {
            "name": line.name,
            "usd": f"{line.spent:f}",
            "renders": line.renders,
            "failed": line.failed,
            "seconds": line.seconds,
            "unknown": line.unknown,
        }
        for line in kept
    ]
