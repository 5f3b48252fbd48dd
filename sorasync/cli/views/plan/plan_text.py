"""A plan for people: one line a change, what it costs and why, then the sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import click

from sorasync.cli.terminal.columns import cells, padded, terminal_width, told_apart, wrapped
from sorasync.cli.views.plan.apply_command_line import pick_command
from sorasync.graph.address import owner
from sorasync.plan.action import Action
from sorasync.plan.allowance import Allowance
from sorasync.plan.change import Change
from sorasync.plan.change_words import counts_line, price_text, prompt_diffs, what_text, why_text
from sorasync.plan.cost import money, total
from sorasync.plan.plan import Plan, Relink, WaitingClip
from sorasync.plan.word_diff import Piece
from sorasync.text import counted

_COLOURS = {
    Action.CREATE: "green",
    Action.EXTEND: "green",
    Action.EDIT: "green",
    Action.CHARACTER: "green",
    Action.STILL: "green",
    Action.RESUME: "cyan",
    Action.DOWNLOAD: "cyan",
    Action.MOVE: "blue",
    Action.REPLACE: "yellow",
    Action.RETIRE: "magenta",
    Action.DELETE: "red",
    Action.BLOCKED: "red",
    Action.LOST: "red",
}


# How many renders of rows are shown that say the same.
_ALIKE = 3
# How many reasons why a plan would be refused are shown.
_REFUSALS = 5
_LEAST_NAME = 24
_WIDEST_NAME = 60
# The columns beside the address and what is done: the mark, the price and the start of a reason.
_LEAST_REASON = 28


def plan_text(
    plan: Plan,
    *,
    full: bool = False,
    short: bool = False,
    command: str | None = None,
    cuts: Iterable[str] = (),
) -> Iterator[str]:
    """The plan's lines. `full` shows complete prompts, `short` leaves out their diffs.

    `command` is what applies exactly this plan, None where there is nothing to say about that; `cuts` are
    lines about the library's cuts. On a terminal the addresses are shortened to what tells them apart and
    reasons are folded; elsewhere every address is whole, for grep.
    """
    width = terminal_width()
    changes, same = plan.changes, dict[str, str]()
    # A plan of a million clips says the same of most of them.
    whats = [same.setdefault(what, what) for what in map(what_text, changes)]
    alike = {} if full else _alike(zip(changes, whats, strict=True))
    if left_out := {change.label for group in alike.values() for change in group}:
        kept = [row for row in zip(changes, whats, strict=True) if row[0].label not in left_out]
        changes, whats = tuple(change for change, _ in kept), [what for _, what in kept]
    labels: dict[str, str] = {}
    wide = min(max(map(cells, same), default=0), 40)
    widest, folded = _WIDEST_NAME, False
    if width is not None:
        # In a narrow terminal an address gets a line to itself.
        folded = width < _LEAST_NAME + wide + _LEAST_REASON
        widest = width - 2 if folded else max(_LEAST_NAME, width // 2 - 4)
        labels = told_apart({change.label: change.label for change in changes}, widest)
    names = max((cells(labels.get(change.label, change.label)) for change in changes), default=0)
    columns = _ColumnWidths(min(names, widest), wide, width, folded)
    for change, what in zip(changes, whats, strict=True):
        yield from _change_lines(change, labels.get(change.label, change.label), what, columns)
        if not short:
            yield from _detail(change, full=full)
        if change.label in alike:
            yield _alike_line(alike[change.label], what)
    yield from map(_relink_line, plan.relinks)
    if changes or plan.relinks:
        yield ""
    yield from map(_waiting_line, plan.waiting)
    if plan.waiting:
        yield ""
    yield from cuts
    yield from sums(plan, command)


def _alike(rows: Iterable[tuple[Change, str]]) -> dict[str, list[Change]]:
    """Renders of rows that only repeat what others of their clip say, by the label of the last one shown."""
    groups: dict[tuple[str, Action, str, str], list[Change]] = {}
    for change, what in rows:
        if change.render is not None and change.render.private and change.action.renders:
            base = owner(change.address).partition("[")[0]
            groups.setdefault((base, change.action, what, change.reason), []).append(change)
    long = (group for group in groups.values() if len(group) > _ALIKE + 1)
    return {group[_ALIKE - 1].label: group[_ALIKE:] for group in long}


def _alike_line(group: list[Change], what: str) -> str:
    base = owner(group[0].address).partition("[")[0]
    cost = total(change.cost_usd for change in group)
    return f"{mark_text(group[0])} {len(group):,} more like {base}[…]  {what}  +{cost}"


def _relink_line(relink: Relink) -> str:
    sign = _mark_of(Action.MOVE)
    now = f"is {relink.holds}" if relink.holds else "is not there"
    return f"{sign} {relink.clip}  relink  free  {relink.file} {now}, to be {relink.wanted}"


class _ColumnWidths(NamedTuple):
    """The widths of a change's first columns, and of the terminal if there is one.

    If `folded`, everything but the address is on a line of its own.
    """

    names: int
    whats: int
    width: int | None
    folded: bool


def _change_lines(change: Change, label: str, what: str, columns: _ColumnWidths) -> list[str]:
    if columns.folded:
        rest = f"{what}  {price_text(change)}  {why_text(change)}"
        return [f"{mark_text(change)} {label}", *wrapped(f"    {rest}", columns.width, indent=6)]
    head = f"{padded(label, columns.names)}  {padded(what, columns.whats)}  {price_text(change):>8}  "
    lines = wrapped(why_text(change), columns.width, first=2 + cells(head), indent=6)
    return [f"{mark_text(change)} {head}{lines[0]}".rstrip(), *lines[1:]]


def _waiting_line(waiting: WaitingClip) -> str:
    cost = waiting.cost
    price = f", then costs {cost}" if cost.known_usd or cost.unknown else ""
    of = f" of {waiting.clip}" if waiting.clip != waiting.label else ""
    return f"  {waiting.label} waits for a pick{of}{price}: {pick_command(waiting.clip, waiting.takes)}"


def mark_text(change: Change) -> str:
    """The coloured sign of what is done."""
    return _mark_of(change.action)


@cache
def _mark_of(action: Action) -> str:
    return click.style(action.mark, fg=_COLOURS[action], bold=True)


def _detail(change: Change, *, full: bool) -> Iterator[str]:
    for pieces in prompt_diffs(change, full=full):
        yield f"      prompt: {diff_text(pieces)}"
    # What a row says is seen with `sorasync show`: plans are kept as logs.
    if full and change.render is not None and change.before is None and not change.render.private:
        for line in change.render.prompt.splitlines():
            yield f"      {line}".rstrip()


def diff_text(pieces: list[Piece]) -> str:
    """A word diff in one line: `{-old-}` and `{+new+}`, coloured where colour is shown."""
    return " ".join(_piece_text(piece) for piece in pieces)


def _piece_text(piece: Piece) -> str:
    if piece.op == "=":
        return piece.text
    return click.style(f"{{{piece.op}{piece.text}{piece.op}}}", fg="red" if piece.op == "-" else "green")


def sums(plan: Plan, command: str | None = None) -> Iterator[str]:
    """The closing lines: counts, cost and token, or that there is nothing to do."""
    width = terminal_width()
    for line in counts_and_cost(plan):
        yield from wrapped(line, width, indent=2)
    if not plan.empty:
        yield f"Token: {plan.token}"
        if plan.idle:
            yield "There is nothing to apply; the lines above say how to proceed."
        elif command is not None:
            yield f"Apply exactly this: {command}"


def counts_and_cost(plan: Plan) -> Iterator[str]:
    """The closing lines without the token."""
    if plan.empty:
        yield no_changes(plan)
        yield from (f"Note: {text}." for text in plan.notices)
        return
    yield f"Plan: {counts_line(plan)}, {plan.unchanged} unchanged."
    if plan.partial:
        yield f"This is a partial plan: {selected(plan)}."
    yield cost_line(plan)
    yield from host_lines(plan)
    yield from budget_lines(plan)
    yield from (click.style(line, fg="yellow") for line in refusal_lines(plan))
    yield from (f"Note: {text}." for text in plan.notices)
    if plan.batch:
        yield "Creates are sent as a batch: done within 24 hours, at the batch price."
    if plan.diagnostics:
        yield from _diagnosed(plan)


# Warnings that a plan shows in full, with the words before their remedy.
_IN_FULL = {"S128": "Instead", "S130": "To tell them apart"}


def _diagnosed(plan: Plan) -> Iterator[str]:
    """What decides whether money is spent in vain in full, everything else as a count."""
    from sorasync.cli.views.diagnostics.diagnostic_text import counts_text

    for one in plan.diagnostics:
        if one.code in _IN_FULL:
            way = f" {_IN_FULL[one.code]}, {one.expected}." if one.expected else ""
            yield f"Warning: {one.message}.{way}"
    others = [one for one in plan.diagnostics if one.code not in _IN_FULL]
    if others:
        yield f"Lint: {counts_text(others)} (shown by: sorasync validate)."


def selected(plan: Plan) -> str:
    """How much of all that could be done a partial plan is."""
    total = len(plan.changes) + plan.left_out
    return f"{len(plan.changes):,} of {counted(total, 'change')} selected"


def cost_line(plan: Plan) -> str:
    """The sum in one sentence."""
    if not plan.cost.known_usd and not plan.cost.unknown:
        return "Cost: nothing."
    length = f" ({plan.seconds} s)" if plan.seconds else ""
    if plan.simulated:
        return f"Cost: nothing; a provider at these prices would charge {plan.cost}{length}."
    return f"Cost: {plan.cost}{length}."


def host_lines(plan: Plan) -> Iterator[str]:
    """What of the sum is paid where; nothing unless it is paid at several hosts."""
    if len(plan.cost_by_host) > 1:
        yield f"Of that {', '.join(f'{cost} at {host}' for host, cost in plan.cost_by_host.items())}."


def budget_lines(plan: Plan) -> Iterator[str]:
    """What the plan may come to, and what it leaves of the budget; nothing where nothing is billed."""
    if plan.simulated or not any(plan.paid()):
        return
    if plan.worst != plan.cost:
        yield f"Worst case with retries: {plan.worst}."
    for allowance in plan.allowances:
        yield from _allowance(allowance, plan)


def refusal_lines(plan: Plan) -> Iterator[str]:
    """Why apply would refuse the plan, with the remedies."""
    for refusal in plan.refusals[:_REFUSALS]:
        ways = ", or ".join(way for way, _ in refusal.ways)
        cause = f" Cause: {refusal.cause}." if refusal.cause else ""
        yield f"Apply would refuse this [{refusal.code}]: {refusal.message}.{cause} To proceed: {ways}"
    if len(plan.refusals) > _REFUSALS:
        yield f"Apply would refuse this for {counted(len(plan.refusals) - _REFUSALS, 'more reason')}."


def _allowance(allowance: Allowance, plan: Plan) -> Iterator[str]:
    period = allowance.period[:1].upper() + allowance.period[1:]
    cost, seconds = plan.cost, plan.seconds
    if allowance.host:
        here = [change for change in plan.changes if change.host in ("", allowance.host)]
        cost, seconds = total(one.cost_usd for one in here), sum(one.seconds for one in here)
    if allowance.usd is not None:
        after = allowance.spent_usd + cost.known_usd
        more = "; apply stops before exceeding it" if after > allowance.usd else ""
        shown = money(after, more=cost.unknown > 0)
        yield f"{period} {shown} of {money(allowance.usd)} after this{more}."
    if allowance.seconds is not None:
        length = allowance.spent_seconds + seconds
        more = "; apply stops before exceeding it" if length > allowance.seconds else ""
        yield f"{period} {length:g} s of {allowance.seconds} s after this{more}."


def no_changes(plan: Plan) -> str:
    """The sentence of a plan with nothing to do, and of no other."""
    parts = [counted(plan.unchanged_clips, "clip")]
    if plan.unchanged_stills:
        parts.append(counted(plan.unchanged_stills, "still"))
    if plan.unchanged_characters:
        parts.append(counted(plan.unchanged_characters, "character"))
    verb = "matches" if parts == ["1 clip"] else "match"
    named = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"No changes. {named} {verb} the manifests."
