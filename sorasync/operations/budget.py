"""What a library may still spend: the caps of `[budget]` and what was spent.

Days and months are those of UTC, so that everybody who works on a library has the same ones. Renders in
flight count with their planned price; what a simulated provider drew never counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sorasync.clock import day_start, month_start
from sorasync.operations.project import Project
from sorasync.plan.allowance import Allowance
from sorasync.plan.policy import HostCap, Policy
from sorasync.state.store import Store

if TYPE_CHECKING:
    from sorasync.apply.budget import Budget, Cap
    from sorasync.manifest.config import CapsConfig
    from sorasync.operations.library_host import Host


def allowances(project: Project, store: Store) -> tuple[Allowance, ...]:
    """What is left of the day and the month, for each that has a cap; nothing where nothing is billed."""
    if project.profile.simulated:
        return ()
    found = list(_allowances(project, store, project.config.budget))
    for host in project.every_host():
        found += _allowances(project, store, host.settings.budget, host)
    return tuple(found)


def _allowances(
    project: Project, store: Store, caps: CapsConfig, host: Host | None = None
) -> Iterator[Allowance]:
    now = project.clock.now()
    periods = (
        ("per_day", caps.per_day, caps.per_day_seconds, day_start(now)),
        ("per_month", caps.per_month, caps.per_month_seconds, month_start(now)),
    )
    provider, name = (None, "") if host is None else (host.profile.provider_name, host.name)
    for period, usd, seconds, since in periods:
        if usd is not None or seconds is not None:
            spent = store.spent(since, simulated=False, provider=provider)
            yield Allowance(period, usd, spent.usd, seconds, spent.seconds, name)


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
        hosts=tuple(
            HostCap(host.provider, host.name, host.table, caps.per_apply, caps.per_apply_seconds)
            for host in project.every_host()
            if (caps := host.settings.budget).per_apply is not None or caps.per_apply_seconds is not None
        ),
        allow_unknown_cost=budget.allow_unknown,
    )


def budget_of(project: Project, store: Store, max_cost: Decimal | None = None) -> Budget:
    """The caps of an apply that begins now; `max_cost` overrides `per_apply`."""
    from sorasync.apply.budget import MAX_COST, Budget, Cap

    if project.profile.simulated:
        return Budget()
    configured, now = project.config.budget, project.clock.now()
    dollars = Cap("per_apply", configured.per_apply) if max_cost is None else Cap(MAX_COST, max_cost)
    caps = [dollars, Cap("per_apply", seconds=configured.per_apply_seconds)]
    caps += _caps(_allowances(project, store, configured), now)
    return Budget(tuple(caps), project.clock, now)


def host_budget(host: Host, store: Store, whole: Budget) -> Budget:
    """The caps of one host within those of the library."""
    from sorasync.apply.budget import Budget, Cap

    configured, now = host.settings.budget, host.clock.now()
    if host.profile.simulated or not configured.model_dump(exclude_none=True):
        return whole
    caps = [Cap("per_apply", configured.per_apply), Cap("per_apply", seconds=configured.per_apply_seconds)]
    caps += _caps(_allowances(host.project, store, configured, host), now)
    table = f"{host.table[1:-1]}.budget"
    return Budget(tuple(caps), host.clock, now, whole, table, host.profile.provider_name)


def _caps(found: Iterable[Allowance], now: float) -> list[Cap]:
    from sorasync.apply.budget import Cap

    starts = {"per_day": day_start(now), "per_month": month_start(now)}
    return [
        Cap(one.name, one.usd, one.seconds, one.spent_usd, one.spent_seconds, starts[one.name])
        for one in found
    ]


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
