"""How an apply ended, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from sorasync.apply.report import End, Outcome, Report
from sorasync.cli.markdown import code, table
from sorasync.cli.plan_text import no_changes
from sorasync.cli.report_text import closing_counts
from sorasync.plan.plan import Plan

_ROWS = 100
_LONGEST = 200
_HEAD = ("address", "action", "end", "what happened", "next")


def report_markdown(plan: Plan, report: Report) -> str:
    """The counts, and a row for each change that is not done."""
    return "\n\n".join(_blocks(plan, report))


def _blocks(plan: Plan, report: Report) -> Iterator[str]:
    if not plan.changes:
        yield f"**sorasync: {no_changes(plan)}**"
        return
    yield f"**sorasync: {closing_counts(plan, report)}**"
    if report.stopped:
        yield f"Stopped early: {code(report.stopped, _LONGEST)}."
    open_ends = [outcome for outcome in report.outcomes if outcome.end is not End.DONE]
    if open_ends:
        yield "\n".join(table(_HEAD, 0, map(_row, open_ends[:_ROWS])))
    if len(open_ends) > _ROWS:
        yield f"… and {len(open_ends) - _ROWS} more that are not done."
    if report.run is not None:
        yield f"Run {report.run}: `sorasync history show {report.run}`"


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        code(outcome.label, _LONGEST),
        outcome.action.value,
        outcome.end.value,
        code(outcome.message, _LONGEST) if outcome.message else "",
        code(outcome.next, _LONGEST) if outcome.next else "",
    )
