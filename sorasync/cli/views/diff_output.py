"""The output of `sorasync diff`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import click

from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.columns import padded
from sorasync.cli.terminal.markdown import code, fenced, folded, table
from sorasync.cli.views.plan.plan_json import usd
from sorasync.cli.views.plan.plan_text import diff_text
from sorasync.operations.diff import DifferenceKind, RenderDifference, RevisionComparison
from sorasync.plan.cost import money
from sorasync.plan.render_text import render_text
from sorasync.plan.word_diff import shortened, word_diff

_MARKS = {
    DifferenceKind.ADDED: ("+", "green"),
    DifferenceKind.CHANGED: ("±", "yellow"),
    DifferenceKind.RENAMED: ("→", "blue"),
    DifferenceKind.REMOVED: ("-", "magenta"),
}
_WIDEST = 40
_ROWS = 200


def diff_lines(found: RevisionComparison, *, full: bool = False) -> Iterator[str]:
    """One line each, with word diffs of prompts below; then the totals. `full` shows complete prompts."""
    width = min(max((len(one.label) for one in found.differences), default=0), _WIDEST)
    for one in found.differences:
        yield from _difference_lines(one, width, full=full)
    if found.differences:
        yield ""
    yield from sums(found)


def _difference_lines(one: RenderDifference, width: int, *, full: bool) -> Iterator[str]:
    sign, colour = _MARKS[one.kind]
    render = one.after or one.before
    what = render_text(render) if render else ""
    why = f"  {one_line(one.why)}" if one.why else ""
    mark = click.style(sign, fg=colour, bold=True)
    yield f"{mark} {padded(one.label, width)}  {what:<28}  {_signed_price(one):>10}{why}".rstrip()
    for field in one.fields:
        if field.name == "prompt":
            pieces = word_diff(str(field.before or ""), str(field.after or ""))
            yield f"      prompt: {diff_text(pieces if full else shortened(pieces))}"
    if full and one.kind is DifferenceKind.ADDED and one.after is not None:
        yield from (f"      {one_line(line)}".rstrip() for line in one.after.prompt.splitlines())


def _signed_price(one: RenderDifference) -> str:
    """The cost of the render, signed if it is added or removed."""
    match one.kind:
        case DifferenceKind.ADDED:
            return "free" if one.after_usd == 0 else f"+{money(one.after_usd)}"
        case DifferenceKind.REMOVED:
            return "free" if one.before_usd == 0 else f"-{money(one.before_usd)}"
        case DifferenceKind.RENAMED:
            return ""
        case DifferenceKind.CHANGED:
            return money(one.after_usd)


def sums(found: RevisionComparison) -> Iterator[str]:
    """The closing lines."""
    where = f"{one_line(found.revision)} ({found.commit[:10]})"
    counts = _counts(found)
    yield f"Compared with {where}: {counts}." if counts else f"The same renders as at {where}."
    yield _cost_line(found)


def _cost_line(found: RevisionComparison) -> str:
    more = "" if found.more is None else f": {signed(found.more)}"
    at_prices = "At these prices, applying" if found.simulated else "Applying"
    return f"{at_prices} costs {found.now} now and would have cost {found.then} then{more}."


def signed(amount: Decimal) -> str:
    """Dollars with their sign."""
    return f"{'-' if amount < 0 else '+'}{money(abs(amount))}"


def diff_markdown(found: RevisionComparison) -> str:
    """A table, and the word diffs folded."""
    head = f"**sorasync: {_counts(found) or 'no difference'}** compared with {code(found.revision, 80)}"
    blocks = [head, _cost_line(found)]
    if found.differences:
        rows = (_difference_cells(one) for one in found.differences[:_ROWS])
        blocks.append("\n".join(table(("address", "difference", "why", "cost"), 1, rows)))
        if len(found.differences) > _ROWS:
            blocks.append(f"… and {len(found.differences) - _ROWS} more.")
        text = [click.unstyle(line) for line in diff_lines(found)]
        blocks.append(folded("Words", fenced(text)))
    return "\n\n".join(blocks)


def _counts(found: RevisionComparison) -> str:
    counts = [f"{number} {kind.value}" for kind in DifferenceKind if (number := found.count(kind))]
    return ", ".join(counts)


def _difference_cells(one: RenderDifference) -> tuple[str, ...]:
    why = code(one.why, 160) if one.why else ""
    return code(one.label, 160), f"{_MARKS[one.kind][0]} {one.kind.value}", why, _signed_price(one)


def diff_json(found: RevisionComparison) -> dict[str, object]:
    """The differences as plain data. Money is text, null where unknown."""
    return {
        "format_version": 1,
        "library": found.library,
        "env": found.env,
        "revision": found.revision,
        "commit": found.commit,
        "billing": "simulated" if found.simulated else "real",
        "summary": {kind.value: found.count(kind) for kind in DifferenceKind},
        "cost_then_usd": None if found.then.unknown else usd(found.then.known_usd),
        "cost_now_usd": None if found.now.unknown else usd(found.now.known_usd),
        "difference_usd": None if found.more is None else usd(found.more),
        "differences": [_difference_fields(one) for one in found.differences],
    }


def _difference_fields(one: RenderDifference) -> dict[str, object]:
    return {
        "address": one.label,
        "difference": one.kind.value,
        "was": one.was,
        "why": one.why or None,
        "before_key": one.before.key if one.before else None,
        "after_key": one.after.key if one.after else None,
        "before_usd": None if one.before_usd is None else usd(one.before_usd),
        "after_usd": None if one.after_usd is None else usd(one.after_usd),
        "fields": [
            {"name": field.name, "before": field.before, "after": field.after, **_word_diff(field.name, one)}
            for field in one.fields
        ],
    }


def _word_diff(name: str, one: RenderDifference) -> dict[str, object]:
    """The word diff of a prompt, as pairs of `=`, `-` or `+` and words."""
    field = next(field for field in one.fields if field.name == name)
    if name != "prompt":
        return {}
    return {"words": [list(piece) for piece in word_diff(str(field.before or ""), str(field.after or ""))]}
