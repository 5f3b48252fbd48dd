"""Results of checks for people: what fails, then the sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sorasync.checks.check_result import CheckResult, Verdict
from sorasync.cli.app.failure import one_line
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.check import CheckedRender, CheckReport

_MARKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✗", "red"),
    Verdict.SKIPPED: ("-", "yellow"),
    Verdict.ERROR: ("!", "red"),
}


def check_text(
    report: CheckReport, *, named: bool = False, quiet: bool = False, verbose: bool = False
) -> Iterator[str]:
    """All lines: each render with what fails, with `verbose` every result; `quiet` only the last line.

    `named`: only some addresses were asked for.
    """
    if not quiet:
        for checked in report.renders:
            yield from _render_lines(checked, verbose=verbose)
        if report.renders:
            yield ""
    yield _sum_text(report, named=named)
    if report.commands_left and not quiet:
        yield f"{counted(report.commands_left, 'command')} not run: --allow-commands runs them."
    if report.renders and not report.declared and not quiet:
        yield "No [checks] in sorasync.toml: apply checks nothing by itself. An empty [checks] is enough."


def _render_lines(checked: CheckedRender, *, verbose: bool) -> Iterator[str]:
    wrong = checked.of(Verdict.FAILED, Verdict.ERROR)
    label = click.style(checked.render.label, bold=True)
    if not checked.here and not checked.results:
        yield f"{_mark(Verdict.SKIPPED)} {label}  its video is not here"
        return
    if not checked.results:
        yield f"{_mark(Verdict.SKIPPED)} {label}  not checked"
        return
    if not wrong:
        count = len(checked.of(Verdict.PASSED))
        yield f"{_mark(Verdict.PASSED)} {label}  {counted(count, 'check')}"
    else:
        yield f"{_mark(wrong[0].verdict)} {label}"
    yield from result_lines(checked.results if verbose else wrong)


def result_lines(
    results: Iterator[CheckResult] | list[CheckResult] | tuple[CheckResult, ...],
) -> Iterator[str]:
    """A line for each result."""
    for result in results:
        yield f"    {_mark(result.verdict)} {result.check}: {one_line(result.message)}"


def _mark(verdict: Verdict) -> str:
    sign, colour = _MARKS[verdict]
    return click.style(sign, fg=colour, bold=True)


def _sum_text(report: CheckReport, *, named: bool) -> str:
    if not report.renders:
        what = "what you named has no finished video" if named else "no video has been rendered"
        return f"Nothing to check: {what}."
    failing = sum(bool(one.of(Verdict.FAILED)) for one in report.renders)
    unclear = sum(bool(one.of(Verdict.ERROR)) and not one.of(Verdict.FAILED) for one in report.renders)
    away = sum(not one.here and not one.results for one in report.renders)
    left = sum(one.here and not one.results for one in report.renders)
    fine = len(report.renders) - failing - unclear - away - left
    parts = [
        f"{fine:,} passed" if fine else "",
        f"{failing:,} failed" if failing else "",
        f"{unclear:,} could not be checked" if unclear else "",
        f"{away:,} not here" if away else "",
        f"{left:,} not checked" if left else "",
    ]
    return f"{counted(len(report.renders), 'video')}: {', '.join(part for part in parts if part)}."
