"""What the next apply pays for renders that are to be sent again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sorasync.errors import SorasyncError
from sorasync.operations.plan import PlanOptions, make_plan
from sorasync.operations.project import Project
from sorasync.plan.cost import Total, cost_at, total


@dataclass(frozen=True, slots=True)
class SentAgain:
    """How many of the renders the next plan has, and for what price.

    `by_batch` is what they would cost with `--batch`, None where the plan has that price already.
    """

    renders: int
    cost: Total
    by_batch: Total | None = None


def sent_again(project: Project, keys: Collection[str]) -> SentAgain | None:
    """What the next plan has of those renders; None where the library cannot be planned now.

    A price of before says nothing: a batch may go out directly now, and the clip or the prices may have
    changed. The provider is not asked.
    """
    try:
        plan = make_plan(project, PlanOptions(offline=True)).plan
    except SorasyncError:
        return None
    found = {c.key: c for c in plan.changes if c.key in keys and c.action.renders}
    direct = total(change.cost_usd for change in found.values())
    if plan.batch:
        return SentAgain(len(found), direct)
    renders = [change.render for change in found.values() if change.render is not None]
    batched = total(cost_at(project.hosts, render, batch=True) for render in renders)
    return SentAgain(len(found), direct, None if batched == direct else batched)
