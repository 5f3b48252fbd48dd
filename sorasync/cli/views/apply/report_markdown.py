"""The report of an apply in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sorasync.apply.report import Outcome, Report
from sorasync.cli.terminal.markdown import code, table
from sorasync.cli.views.apply.report_groups import alike, few, next_step
from sorasync.cli.views.apply.report_text import closing_counts
from sorasync.cli.views.plan.plan_text import no_changes
from sorasync.plan.plan import Plan

_ROWS = 100
_LONGEST = 200
_CHECKS_HEAD = ("address", "check", "result", "what was found")
_HEAD = ("address", "action", "end", "what happened", "next")


def report_markdown(plan: Plan, report: Report) -> str:
    """The counts, and a row for each change that is not done; many that ended alike share one."""
    return "\n\n".join(_report_blocks(plan, report))


def _report_blocks(plan: Plan, report: Report) -> Iterator[str]:
    if not plan.changes and not report.outcomes:
        yield f"**sorasync: {no_changes(plan)}**"
        return
    yield f"**{closing_counts(plan, report, 'sorasync apply')}**"
    if report.stopped:
        yield f"Stopped early: {code(report.stopped, _LONGEST)}."
    for what in report.unwritten:
        yield f"Not written: {code(what, _LONGEST)}. `sorasync apply` writes it."
    rows = list(_outcome_rows(report))
    if rows:
        yield "\n".join(table(_HEAD, 0, rows[:_ROWS]))
    if len(rows) > _ROWS:
        yield f"… and {len(rows) - _ROWS} more changes that were not done."
    if report.failed_checks:
        checks = [
            (code(found.label, _LONGEST), found.check, found.verdict, code(found.message, _LONGEST))
            for found in report.failed_checks[:_ROWS]
        ]
        yield "\n".join(table(_CHECKS_HEAD, 0, checks))
    if report.run is not None:
        yield f"Run {report.run}: `sorasync history show {report.run}`"


def _outcome_rows(report: Report) -> Iterator[tuple[str, ...]]:
    """What ended alike in one row, what waits for it in another."""
    groups = alike(report)
    for group in groups:
        for part in group.parts:
            yield _outcome_cells(part, part[0].message, next_step(part))
    for group in groups:
        if group.waiting:
            yield _outcome_cells(group.waiting, f"waits for {few(group.causes)}", None)


def _outcome_cells(part: Sequence[Outcome], message: str, step: str | None) -> tuple[str, ...]:
    return (
        few([outcome.label for outcome in part], partial(code, longest=_LONGEST)),
        ", ".join(dict.fromkeys(outcome.action.value for outcome in part)),
        ", ".join(dict.fromkeys(outcome.end.value for outcome in part)),
        code(message, _LONGEST) if message else "",
        code(step, _LONGEST) if step else "",
    )
