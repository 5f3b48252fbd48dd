"""What a plan may not do without an explicit override: protections, thresholds, budgets.

A refusal names the limit, the value, what caused it and the exact way past it. Nothing has been sent when
one is raised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sorasync.errors import SorasyncError
from sorasync.graph import address as addresses
from sorasync.plan.action import Action
from sorasync.plan.change import Bind, Change
from sorasync.plan.cost import money, total
from sorasync.plan.plan import Plan
from sorasync.plan.refusal import Refusal
from sorasync.profile.hosts import DEFAULT_HOST
from sorasync.state.record import Binding
from sorasync.text import and_more, counted, shell_word


@dataclass(frozen=True, slots=True)
class HostCap:
    """What one host may cost in an apply: as changes name it, as people do, and its table."""

    provider: str
    name: str
    table: str
    usd: Decimal | None
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits, None if not set. Percentages are of the clips' renders in the state.

    `by_max_cost` says that `per_apply_usd` is `--max-cost`, which holds instead of the configured limit.
    """

    max_replace_pct: int | None = None
    max_retire_pct: int | None = None
    max_creates: int | None = None
    min_existing: int = 10
    per_apply_usd: Decimal | None = None
    by_max_cost: bool = False
    per_apply_seconds: int | None = None
    hosts: tuple[HostCap, ...] = ()
    allow_unknown_cost: bool = False


class PlanRefused(SorasyncError):
    """The plan exceeds a limit; `refusals` says which, and how to proceed. Nothing was sent or billed."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(f"plan refused: {refusals[0].message}")
        self.refusals = refusals


def refusals(plan: Plan, policy: Policy, bindings: Mapping[str, Binding]) -> list[Refusal]:
    """Everything that keeps the plan from being applied, in a fixed order."""
    found = _protected(plan, bindings)
    if plan.simulated:
        # Renders that cost nothing may always be drawn again: no threshold counts them.
        return found
    found += [*_shares(plan, policy, bindings), *_budget(plan, policy)]
    if policy.max_creates is not None and (creates := _creates(plan)) > policy.max_creates:
        found.append(
            Refusal(
                "S503",
                f"it would make {counted(creates, 'render')}, limit {policy.max_creates}",
                ways=(
                    (f"--allow-creates {creates}", "this run"),
                    (f"[safety] max_creates = {creates}", "for good"),
                ),
                address=next(
                    (c.address for c in plan.changes if _is_paid_render(c.address) and c.action.renders),
                    None,
                ),
            )
        )
    return found


def _creates(plan: Plan) -> int:
    return sum(c.action.renders and c.action is not Action.CHARACTER for c in plan.changes)


def _protected(plan: Plan, bindings: Mapping[str, Binding]) -> list[Refusal]:
    found = []
    for change in plan.changes:
        if not change.drops and all(bind.before is None for bind in change.binds):
            # It gives up no render.
            continue
        remembered = any(a in bindings and bindings[a].protect for a in _given_up(change))
        declared = any(bind.protect for bind in _rebinds(change))
        if remembered or declared:
            verb = "retire" if change.action is Action.RETIRE else "replace"
            found.append(
                Refusal(
                    "S500",
                    f"it would {verb} {change.label}, which is protected",
                    cause=change.reason,
                    ways=(
                        (f"--exclude {shell_word(change.label)}", "leave it out"),
                        *_lifting(change, remembered=remembered, declared=declared),
                    ),
                )
            )
    return found


def _rebinds(change: Change) -> list[Bind]:
    """The bindings that replace a clip's present render."""
    afresh = change.action is Action.REPLACE
    return [b for b in change.binds if b.before is not None and (afresh or b.before != b.key)]


def _given_up(change: Change) -> tuple[str, ...]:
    return (*change.drops, *(bind.address for bind in _rebinds(change)))


def _lifting(change: Change, *, remembered: bool, declared: bool) -> Iterator[tuple[str, str]]:
    owner = addresses.owner(change.address)
    if declared:
        yield "protect = false", f"on {owner}, in its manifest"
    if remembered:
        yield f"sorasync unprotect {shell_word(owner)}", "lift the protection the state remembers"


def _is_paid_render(address: str) -> bool:
    """Whether a render is a clip's or a still's: uploads of characters cost nothing."""
    return addresses.has_takes(address)


def _shares(plan: Plan, policy: Policy, bindings: Mapping[str, Binding]) -> list[Refusal]:
    """Shares are of renders, not of clips: each take and each step costs money of its own."""
    found = []
    renders: int | None = None
    for action, limit in (
        (Action.REPLACE, policy.max_replace_pct),
        (Action.RETIRE, policy.max_retire_pct),
    ):
        hit = sum(
            _is_paid_render(a) for c in plan.changes if c.action is action for a in c.drops or (c.address,)
        )
        if limit is None or not hit:
            continue
        renders = sum(map(_is_paid_render, bindings)) if renders is None else renders
        percent = -(-100 * hit // renders) if renders else 0
        if percent <= limit or renders < policy.min_existing:
            continue
        found.append(
            Refusal(
                "S501",
                f"it would {action} {hit} of {counted(renders, 'render')} ({percent}%, limit {limit}%)",
                cause=_common_cause(plan, action),
                ways=(
                    (f"--allow-{action}-pct {percent}", "this run"),
                    (f"[safety] max_{action}_pct = {percent}", "in sorasync.toml, for good"),
                ),
                address=next((c.address for c in plan.changes if c.action is action), None),
            )
        )
    return found


def _common_cause(plan: Plan, action: Action) -> str | None:
    counts = Counter(c.reason for c in plan.changes if c.action is action)
    if not counts:
        return None
    reason, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    return f"{reason} ({counted(count, 'render')})"


def _budget(plan: Plan, policy: Policy) -> list[Refusal]:
    found = []
    spent = plan.cost.known_usd
    if policy.per_apply_usd is not None and spent > policy.per_apply_usd:
        for_good = (f"[budget] per_apply = {spent:f}", "in sorasync.toml, for good")
        found.append(
            Refusal(
                "S502",
                f"it would cost {money(spent)}, limit {money(policy.per_apply_usd)} per apply",
                cause=_dearest(plan.changes),
                ways=(
                    (f"--max-cost {spent:f}", "this run"),
                    *([] if policy.by_max_cost else [for_good]),
                    ("--target ADDRESS", "apply a part"),
                ),
            )
        )
    if policy.per_apply_seconds is not None and plan.seconds > policy.per_apply_seconds:
        found.append(
            Refusal(
                "S504",
                f"it would render {plan.seconds} s, limit {policy.per_apply_seconds} s per apply",
                ways=((f"[budget] per_apply_seconds = {plan.seconds}", "in sorasync.toml, for good"),),
            )
        )
    for cap in policy.hosts:
        found += _host_budget(plan, cap)
    if not policy.allow_unknown_cost and (unpriced := list(_unpriced(plan.changes))):
        found.append(_unknown_cost(unpriced))
    return found


def _host_budget(plan: Plan, cap: HostCap) -> Iterator[Refusal]:
    changes = [change for change in plan.changes if change.provider == cap.provider]
    spent = total(change.cost_usd for change in changes).known_usd
    seconds = sum(change.seconds for change in changes)
    table = f"{cap.table[1:-1]}.budget"
    part = ("--target ADDRESS", "apply a part")
    if cap.usd is not None and spent > cap.usd:
        yield Refusal(
            "S502",
            f"it would cost {money(spent)} at {cap.name}, limit {money(cap.usd)} per apply",
            cause=_dearest(changes),
            ways=((f"[{table}] per_apply = {spent:f}", "in sorasync.toml, for good"), part),
        )
    if cap.seconds is not None and seconds > cap.seconds:
        yield Refusal(
            "S504",
            f"it would render {seconds} s at {cap.name}, limit {cap.seconds} s per apply",
            ways=((f"[{table}] per_apply_seconds = {seconds}", "in sorasync.toml, for good"), part),
        )


def _dearest(changes: Iterable[Change]) -> str:
    """The three most expensive renders, and the number of others."""
    priced = [(change.cost_usd, change.label) for change in changes if change.cost_usd]
    priced.sort(key=lambda pair: pair[0], reverse=True)
    return and_more([f"{label} {money(price)}" for price, label in priced], 3, "render")


def _unpriced(changes: Iterable[Change]) -> Iterator[tuple[Change, str]]:
    """The renders without a price, each with the host that it would be rendered at, also as a later one of a
    route.
    """
    for change in changes:
        if change.cost_usd is None:
            yield change, change.host
        yield from ((change, one.host) for one in change.alternatives if one.cost_usd is None)


def _unknown_cost(unpriced: Sequence[tuple[Change, str]]) -> Refusal:
    """The refusal of renders that have no price in the profile or in `[prices]`."""
    first, host = unpriced[0]
    model, size = (first.render.model, first.render.size) if first.render else ("MODEL", "WIDTHxHEIGHT")
    more = f", and {len(unpriced) - 1} more" if len(unpriced) > 1 else ""
    unit = "picture" if first.address.startswith("still.") else "second"
    table = f"providers.{host}.prices" if host not in ("", DEFAULT_HOST) else "prices"
    return Refusal(
        "S505",
        f"{len(unpriced)} of its prices {'is' if len(unpriced) == 1 else 'are'} unknown, "
        "so its cost is unknown",
        cause=f"{first.label}: no price is known for {model} at {size}{f' at {host}' if host else ''}{more}",
        ways=(
            ("--allow-unknown-cost", "this run"),
            (f'[{table}."{model}"] "{size}" = PRICE', f"in sorasync.toml: dollars per {unit}"),
            ("[budget] allow_unknown = true", "in sorasync.toml, for good"),
        ),
    )
