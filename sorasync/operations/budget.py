"""What a library may still spend: the caps of `[budget]` and what was spent.

Days and months are those of UTC, so that everybody who works on a library has the same ones. Renders in
flight count with their planned price; what a simulated provider drew never counts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sorasync.clock import day_start, month_start
from sorasync.operations.project import Project
from sorasync.plan.allowance import Allowance
from sorasync.plan.policy import Policy
from sorasync.state.store import Store

if TYPE_CHECKING:
    from sorasync.apply.budget import Budget


def allowances(project: Project, store: Store) -> tuple[Allowance, ...]:
    """What is left of the day and the month, for each that has a cap; nothing where nothing is billed."""
    if project.profile.simulated:
        return ()
    budget, now = project.config.budget, project.clock.now()
    periods = (
        ("per_day", budget.per_day, budget.per_day_seconds, day_start(now)),
        ("per_month", budget.per_month, budget.per_month_seconds, month_start(now)),
    )
    found = []
    for name, usd, seconds, since in periods:
        if usd is not None or seconds is not None:
            spent = store.spent(since, simulated=False)
            found.append(Allowance(name, usd, spent.usd, seconds, spent.seconds))
    return tuple(found)


def configured_policy(project: Project) -> Policy:
    """The limits of `sorasync.toml` for a whole plan."""
    safety, budget = project.config.safety, project.config.budget
    return Policy(
        max_replace_pct=safety.max_replace_pct,
        max_retire_pct=safety.max_retire_pct,
        max_creates=safety.max_creates,
        min_existing=safety.min_existing,
        per_apply_usd=budget.per_apply,
        per_apply_seconds=budget.per_apply_seconds,
        allow_unknown_cost=budget.allow_unknown,
    )


def budget_of(project: Project, store: Store, max_cost: Decimal | None = None) -> Budget:
    """The caps of an apply that begins now; `max_cost` overrides `per_apply`."""
    from sorasync.apply.budget import MAX_COST, Budget, Cap

    if project.profile.simulated:
        return Budget()
    configured, now = project.config.budget, project.clock.now()
    starts = {"per_day": day_start(now), "per_month": month_start(now)}
    dollars = Cap("per_apply", configured.per_apply) if max_cost is None else Cap(MAX_COST, max_cost)
    caps = [dollars, Cap("per_apply", seconds=configured.per_apply_seconds)]
    caps += [
        Cap(one.name, one.usd, one.seconds, one.spent_usd, one.spent_seconds, starts[one.name])
        for one in allowances(project, store)
    ]
    return Budget(tuple(caps), project.clock, now)


def capped(project: Project, max_cost: Decimal | None = None) -> bool:
    """Whether anything bounds what an apply may spend."""
    budget = project.config.budget
    caps = (
        max_cost,
        budget.per_apply,
        budget.per_day,
        budget.per_month,
        budget.per_apply_seconds,
        budget.per_day_seconds,
        budget.per_month_seconds,
    )
    return any(cap is not None for cap in caps)
