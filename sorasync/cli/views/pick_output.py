"""Takes and picks, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sorasync.cli.app.failure import one_line
from sorasync.cli.views.plan.apply_command_line import pick_command
from sorasync.cli.views.plan.plan_json import usd
from sorasync.operations.address_view import AddressView, RenderView
from sorasync.operations.pick_outcome import PickOutcome
from sorasync.plan.cost import total
from sorasync.plan.plan import Plan
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.graph.graph import ClipNode


def takes_text(view: AddressView) -> Iterator[str]:
    """A line for each take, the one that counts marked."""
    chosen = _chosen(view)
    for number, take in enumerate(_takes(view), 1):
        mark = "*" if number == chosen else " "
        reason = f" ({one_line(take.change.reason)})" if take.change else ""
        failed = [result.check for result in take.checks if result.verdict == "failed"]
        fails = f"  fails {', '.join(failed)}" if failed else ""
        yield f"{mark} {number}  {take.file or take.stage.value + reason}{fails}"
    owner = view.found.owner
    if not _takes(view):
        yield f"{owner} has no takes yet: it waits for a pick of {_node(view).waits_for}"
    elif chosen is None:
        yield f"No take picked. Pick one: {pick_command(owner.removeprefix('clip.'), len(_takes(view)))}"


def takes_json(view: AddressView) -> dict[str, object]:
    """The takes as plain data."""
    chosen = _chosen(view)
    return {
        "format_version": 1,
        "clip": view.found.owner,
        "pick": chosen,
        "takes": [
            {
                "take": number,
                "address": take.label,
                "stage": take.stage.value,
                "file": take.file,
                "picked": number == chosen,
                "failed_checks": [r.check for r in take.checks if r.verdict == "failed"],
            }
            for number, take in enumerate(_takes(view), 1)
        ],
    }


def _chosen(view: AddressView) -> int | None:
    return _node(view).chosen


def _node(view: AddressView) -> ClipNode:
    node = view.planned.graph.node(view.found.owner)
    assert node is not None
    return node


def _takes(view: AddressView) -> list[RenderView]:
    takes = _node(view).takes
    return [render for render in view.renders if render.address in takes]


def picked_text(view: PickOutcome) -> Iterator[str]:
    """What was written, and what the plan would do now."""
    one = view.picked
    if not one.changed:
        now = f"take {one.after} is picked already" if one.after else "no take is picked"
        yield f"{one.address}: {now}; nothing was changed."
    elif one.after is None:
        was = f"take {one.before} is no longer picked" if one.before else "no take is picked"
        yield f"{one.address}: {was}; {one.file} is written."
    else:
        was = f", not take {one.before}" if one.before else ""
        yield f"{one.address}: take {one.after} is picked{was}; wrote {one.file}."
    for result in view.failed:
        yield f"Warning: take {one.after} fails {result.check}: {one_line(result.message)}"
    yield from view.notes
    yield _next(view.plan)


def _next(plan: Plan) -> str:
    if plan.empty:
        return "Plan: no changes."
    count = len(plan.changes)
    cost = str(plan.cost) if plan.cost.known_usd or plan.cost.unknown else "nothing"
    simulated = (
        " at these prices (simulated, nothing is billed)" if plan.simulated and cost != "nothing" else ""
    )
    return f"Plan: {counted(count, 'change')}, costs {cost}{simulated}. See: sorasync plan"


def picked_json(view: PickOutcome) -> dict[str, object]:
    """The pick and the sums of the plan as plain data."""
    one, plan = view.picked, view.plan
    cost = total(change.cost_usd for change in plan.changes)
    return {
        "format_version": 1,
        "clip": one.address,
        "before": one.before,
        "pick": one.after,
        "file": one.file,
        "changed": one.changed,
        "failed_checks": [{"check": found.check, "message": found.message} for found in view.failed],
        "plan": {
            "changes": len(plan.changes),
            "summary": plan.summary(),
            "cost_usd": None if cost.unknown else usd(cost.known_usd),
        },
    }
