"""What of a plan an order may carry out: what somebody agreed to, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sorasync.operations.plan import PlanOptions
from sorasync.plan.change import Change
from sorasync.plan.plan import Plan
from sorasync.state.job_queue import OrderedRender
from sorasync.state.record import Status
from sorasync.state.store import Store

# The longest list of renders in a job, unless they are one chain, and the most jobs of an order.
_LEAST, _MOST_JOBS = 8, 64


def ordered(changes: Iterable[Change], planning: PlanOptions) -> list[OrderedRender]:
    """The renders of an order: whatever pays, follows or fetches."""
    return [
        OrderedRender(
            key=change.key,
            label=change.label,
            cost_usd=None if change.cost_usd is None else str(change.cost_usd),
            how=_how(change, planning),
            status=None if change.status is None else change.status.value,
            remote_id=change.grounds[0].remote_id if change.grounds else None,
            asset=change.grounds[0].asset if change.grounds else None,
            attempts=change.tried,
        )
        for change in changes
    ]


def _how(change: Change, planning: PlanOptions) -> str:
    if not change.action.renders or change.status is None:
        return ""
    if planning.retry and change.status in (Status.FAILED, Status.BLOCKED):
        return "retry"
    return "replace" if planning.replace else ""


def planning_of(renders: Sequence[OrderedRender], store: Store, *, batch: bool) -> PlanOptions:
    """The options of the runner's plan: what was to be rendered afresh is, unless it has been already."""
    special = [render for render in renders if render.how]
    records = store.records([render.key for render in special]) if special else {}
    still = []
    for render in special:
        record = records.get(render.key)
        if record is not None and (render.status, render.remote_id, render.asset, render.attempts) == (
            record.status.value,
            record.remote_id,
            record.asset,
            record.attempts,
        ):
            still.append(render)
    return PlanOptions(
        batch=batch,
        replace=tuple(render.label for render in still if render.how == "replace"),
        retry=tuple(render.label for render in still if render.how == "retry"),
    )


def ordered_part(plan: Plan, renders: Iterable[OrderedRender]) -> Plan:
    """The part of a plan that was agreed to, without what depends on something else that is not done."""
    agreed = {render.key: render.cost_usd for render in renders}
    kept: dict[str, Change] = {}
    for change in plan.changes:
        cost = None if change.cost_usd is None else str(change.cost_usd)
        free = not (change.action.renders and change.paid)
        if change.action.leased and change.key in agreed and (free or agreed[change.key] == cost):
            kept[change.label] = change
    planned = {change.label for change in plan.changes}
    while waiting := [
        label for label, change in kept.items() if (planned - kept.keys()).intersection(change.depends_on)
    ]:
        for label in waiting:
            del kept[label]
    changes = tuple(change for change in plan.changes if change.label in kept)
    return replace(plan, changes=changes, left_out=plan.left_out + len(plan.changes) - len(changes))


def parts_of(changes: Sequence[Change]) -> list[list[Change]]:
    """The changes as jobs: what is rendered from one another stays together, with the uploads that it needs.

    A character that several jobs need is in each of them: whoever is first uploads it, the others wait.
    """
    by_label = {change.label: change for change in changes}
    uploads = {change.label for change in changes if change.address.startswith("character.")}
    root = {change.label: change.label for change in changes}

    def find(label: str) -> str:
        while root[label] != label:
            root[label] = root[root[label]]
            label = root[label]
        return label

    for change in changes:
        if change.label not in uploads:
            for need in change.depends_on:
                if need in by_label and need not in uploads:
                    root[find(need)] = find(change.label)
    chains: dict[str, list[Change]] = {}
    for change in changes:
        chains.setdefault(find(change.label), []).append(change)
    needed = {need for change in changes for need in change.depends_on}
    most = max(_LEAST, -(-len(changes) // _MOST_JOBS))
    parts: list[list[Change]] = []
    for chain in chains.values():
        if len(chain) == 1 and chain[0].label in uploads & needed:
            continue
        if not parts or len(parts[-1]) + len(chain) > most:
            parts.append([])
        parts[-1] += chain
    return [_with_uploads(part, by_label, uploads) for part in parts]


def _with_uploads(part: list[Change], by_label: Mapping[str, Change], uploads: set[str]) -> list[Change]:
    needs = {need for change in part for need in change.depends_on if need in uploads}
    return [by_label[label] for label in by_label if label in needs] + part
