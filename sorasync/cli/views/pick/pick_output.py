"""Takes and picks, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote as quoted

from sorasync.cli.app.failure import one_line
from sorasync.cli.views.plan.plan_json import usd
from sorasync.cli.views.show.address_view import AddressView, RenderView
from sorasync.operations.pick_outcome import PickOutcome
from sorasync.plan.cost import total
from sorasync.plan.plan import Plan
from sorasync.text import counted


def takes_text(view: AddressView) -> Iterator[str]:
    """A line for each take, the one that counts marked."""
    chosen = _chosen(view)
    for number, take in enumerate(_takes(view), 1):
        mark = "*" if number == chosen else " "
        reason = f" ({one_line(take.change.reason)})" if take.change else ""
        failed = [result.check for result in take.checks if result.verdict == "failed"]
        fails = f"  fails {', '.join(failed)}" if failed else ""
        yield f"{mark} {number}  {take.file or take.stage.value + reason}{fails}"
    clip = view.found.clip or ""
    if not _takes(view):
        yield f"clip.{clip} has no takes yet: it waits for a pick of another clip"
    elif chosen is None:
        yield f"No take picked. Pick one: sorasync pick {quoted(clip)} 1..{len(_takes(view))}"


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
    return view.planned.graph.clips[view.found.clip or ""].chosen


def _takes(view: AddressView) -> list[RenderView]:
    takes = view.planned.graph.clips[view.found.clip or ""].takes
    return [render for render in view.renders if render.address in takes]


def picked_text(view: PickOutcome) -> Iterator[str]:
    """What was written, and what the plan would do now."""
    one = view.picked
    if not one.changed:
        now = f"take {one.after} is picked already" if one.after else "no take is picked"
        yield f"clip.{one.clip}: {now}; nothing was changed."
    elif one.after is None:
        was = f"take {one.before} is no longer picked" if one.before else "no take is picked"
        yield f"clip.{one.clip}: {was}; {one.file} is written."
    else:
        was = f", not take {one.before}" if one.before else ""
        yield f"clip.{one.clip}: take {one.after} is picked{was}; wrote {one.file}."
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
        "clip": f"clip.{one.clip}",
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
