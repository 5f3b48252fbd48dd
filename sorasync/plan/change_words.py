"""What a plan and its changes are in words, wherever a plan is shown."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.plan.action import Action
from sorasync.plan.change import Change
from sorasync.plan.cost import money
from sorasync.plan.plan import Plan
from sorasync.plan.render_text import render_text
from sorasync.plan.word_diff import Piece, shortened, word_diff
from sorasync.text import and_more

_VERBS = {
    Action.CREATE: "to create",
    Action.EXTEND: "to extend",
    Action.EDIT: "to edit",
    Action.CHARACTER: "to upload",
    Action.STILL: "to draw",
    Action.RESUME: "to resume",
    Action.DOWNLOAD: "to download",
    Action.MOVE: "to move",
    Action.REPLACE: "to replace",
    Action.RETIRE: "to retire",
    Action.DELETE: "to delete",
    Action.BLOCKED: "blocked",
    Action.LOST: "lost",
}


def price_text(change: Change) -> str:
    """What it costs, in a word."""
    if change.stuck:
        return "-"
    return f"+{money(change.cost_usd)}" if change.paid else "free"


def why_text(change: Change) -> str:
    """The reason, the changes it waits for, and the other hosts of its route."""
    waits = f"; waits for {and_more(change.depends_on, 3)}" if change.depends_on else ""
    turns = "".join(f"; else {one.host} for {money(one.cost_usd)}" for one in change.alternatives)
    return f"{change.reason}{waits}{turns}"


def what_text(change: Change) -> str:
    """What is done, in a word or two, and where if there are several hosts."""
    render = change.render
    what = render_text(render) if change.action.renders and render is not None else change.word
    return f"{what} at {change.host}" if change.host else what


def prompt_diffs(change: Change, *, full: bool) -> Iterator[list[Piece]]:
    """The words of a prompt that changed; with `full` the rest of it as well."""
    for field in change.fields:
        if field.name != "prompt" or not isinstance(field.before, str) or not isinstance(field.after, str):
            continue
        pieces = word_diff(field.before, field.after)
        yield pieces if full else shortened(pieces)


def counts_line(plan: Plan) -> str:
    """How many changes there are of each action."""
    reused = sum(change.reuses for change in plan.changes)
    counts = [(plan.count(action) - (reused if action is Action.MOVE else 0), action) for action in Action]
    parts = [f"{n} {_VERBS[action]}" for n, action in counts if n]
    more = ((reused, "to reuse"), (len(plan.relinks), "to relink"))
    return ", ".join([*parts, *(f"{n} {verb}" for n, verb in more if n)])
