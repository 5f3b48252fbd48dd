"""Whether a saved plan is stale: compares it with the present state and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sorasync.errors import SorasyncError
from sorasync.plan.change import Change, Ground
from sorasync.plan.cost import cost_at, money
from sorasync.plan.plan import Plan
from sorasync.profile.hosts import Hosts
from sorasync.state.record import Binding, Brief


class PlanStale(SorasyncError):
    """The state moved on since the plan was made; `differences` says where."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__(
            f"the plan is stale: {differences[0]}"
            + (f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""),
            hint="make a new plan; nothing was sent",
        )
        self.differences = differences


def touched(plan: Plan) -> tuple[set[str], set[str]]:
    """The keys and addresses that `differences` looks at."""
    keys = {ground.key for change in plan.changes for ground in change.grounds}
    addresses = {address for change in plan.changes for address in _expected(change)}
    return keys, addresses


def differences(
    plan: Plan, lineage: str, bindings: Mapping[str, Binding], briefs: Mapping[str, Brief]
) -> list[str]:
    """Where the state differs from the one the plan was made against, for the addresses it touches."""
    if plan.lineage and plan.lineage != lineage:
        return ["it was made against another state"]
    checked = (_stale_reason(change, bindings, briefs) for change in plan.changes)
    return [difference for difference in checked if difference is not None]


def _stale_reason(change: Change, bindings: Mapping[str, Binding], briefs: Mapping[str, Brief]) -> str | None:
    for ground in change.grounds:
        now = Ground.of(ground.key, briefs)
        whose = change.label if ground.key == change.key else f"the source of {change.label}"
        if now.status is not ground.status:
            return f"{whose} is {f'now {now.status.value}' if now.status else 'no longer in the state'}"
        if now != ground:
            return f"{whose} was rendered again"
    if any((bindings[a].key if a in bindings else None) != key for a, key in _expected(change).items()):
        return f"{change.label} has changed"
    return None


def _expected(change: Change) -> dict[str, str | None]:
    """What each address that a change binds or unbinds was bound to."""
    given_up = {bind.origin: bind.key for bind in change.binds if bind.origin is not None}
    return given_up | {bind.address: bind.before for bind in change.binds} | dict(change.drops)


def retried(plan: Plan, tried: Mapping[str, int]) -> list[str]:
    """Renders that were tried since, judged by the attempts of keys without a video."""
    return [
        f"{change.label} was tried again and failed"
        for change in plan.changes
        if change.action.renders and tried.get(change.key, change.tried) != change.tried
    ]


def repriced(plan: Plan, hosts: Hosts, *, rows: bool) -> list[str]:
    """Renders whose price is no longer the plan's: those of `rows`, or all others."""
    found = []
    for change in plan.changes:
        if change.render is None or change.render.private != rows or not change.action.renders:
            continue
        price = cost_at(hosts, change.render, batch=plan.batch)
        if price != change.cost_usd:
            found.append(f"{change.label} now costs {money(price)}, planned {money(change.cost_usd)}")
        for one in change.alternatives:
            price = cost_at(hosts, replace(change.render, provider=one.provider), batch=plan.batch)
            if price != one.cost_usd:
                planned = money(one.cost_usd)
                found.append(f"{change.label} now costs {money(price)} at {one.host}, planned {planned}")
    return found
