"""The report of an apply as text: counts, what is not done, and what to type next."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from sorasync.apply.report import End, Outcome, Report
from sorasync.cli.app.failure import one_line
from sorasync.cli.terminal.units import spent_text
from sorasync.cli.views.apply.report_groups import Alike, alike, few, next_step
from sorasync.cli.views.plan.plan_text import no_changes
from sorasync.operations.project import Project
from sorasync.plan.plan import Plan
from sorasync.text import counted

# Failed checks that are listed one by one.
_MOST_CHECKS = 20
# Changes that ended alike of which the host's own words are shown.
_MOST_WITHHELD = 3
_MARKS = {End.FAILED: "✗", End.BLOCKED: "!", End.PENDING: "…", End.OPEN: "?", End.SKIPPED: "-"}


def report_text(plan: Plan, report: Report, project: Project, name: str = "Apply") -> Iterator[str]:
    """The closing lines of the command `name`."""
    for relink in plan.relinks:
        if relink.name not in report.conflicts:
            yield f"{relink.file} is {relink.wanted} now"
    if not plan.changes and not report.outcomes and not plan.relinks:
        yield no_changes(plan)
    elif not plan.changes and not report.outcomes:
        yield f"{name}: {counted(len(plan.relinks), 'name')} relinked."
    else:
        yield from _problems(report)
        yield from _warnings(report)
        yield closing_counts(plan, report, name)
        if report.stopped:
            ended = report.stopped.endswith((".", "?", "!"))
            yield f"Stopped early: {report.stopped}" + ("" if ended else ".")
    yield from _failed_checks(report)
    for what in report.unwritten:
        yield f"Not written: {what}. `sorasync apply` writes it."
    for name in report.conflicts:
        yield f"{name}: your own file is in the way; the video is in the store, without this name"
    done = report.of(End.DONE)
    if done or (not plan.changes and not report.outcomes):
        stills = [outcome.label.startswith("still.") for outcome in done]
        what = "videos" if not any(stills) else "stills" if all(stills) else "videos and stills"
        yield f"The {what} are in {_assets_place(project)}"


def _problems(report: Report) -> Iterator[str]:
    """What is not done with its next step, what ended alike in one line; then what only waits for it."""
    groups = alike(report)
    for group in groups:
        for part in group.parts:
            yield from _problem(part)
    for group in groups:
        if group.waiting:
            yield _waiting_text(group)


def _warnings(report: Report) -> Iterator[str]:
    """What was done and is not as it was asked for."""
    for outcome in report.of(End.DONE):
        if outcome.message:
            yield f"{click.style('!', fg='yellow', bold=True)} {outcome.label}: warning: {outcome.message}"


def _failed_checks(report: Report) -> Iterator[str]:
    """What is done, recorded and not as it should be."""
    for found in report.failed_checks[:_MOST_CHECKS]:
        mark = click.style("!", fg="yellow", bold=True)
        told = "" if found.verdict == "failed" else "not checked: "
        yield f"{mark} {found.label}: {found.check}: {told}{one_line(found.message)}"
    if any(found.verdict == "failed" for found in report.failed_checks):
        yield "    next: sorasync plan --replace failing"
    if (more := len(report.failed_checks) - _MOST_CHECKS) > 0:
        yield f"… and {more} more: sorasync check"


def _problem(part: list[Outcome]) -> Iterator[str]:
    first = part[0]
    mark = click.style(_MARKS[first.end], fg="cyan" if first.end is End.PENDING else "red", bold=True)
    yield f"{mark} {few([outcome.label for outcome in part])}: {first.end.value}: {first.message}"
    if sys.stdout.isatty():
        yield from _withheld(part)
    if step := next_step(part):
        yield f"    next: {step}"


def _withheld(part: list[Outcome]) -> Iterator[str]:
    """What the host said of rows, for those who look at the terminal: a pipe may lead into a file."""
    for outcome in [one for one in part if one.withheld][:_MOST_WITHHELD]:
        whose = "" if len(part) == 1 else f" of {outcome.label}"
        yield f"    the host said{whose}, shown only here: {one_line(outcome.withheld)}"


def _waiting_text(group: Alike) -> str:
    labels = [outcome.label for outcome in group.waiting]
    verb = "waits" if len(labels) == 1 else "wait"
    return f"! {few(labels)} {verb} for {few(group.causes)}"


def closing_counts(plan: Plan, report: Report, name: str = "Apply") -> str:
    """The number of changes by how they ended, and what was spent."""
    parts = [f"{len(found)} {end.value}" for end in End if (found := report.of(end))]
    spent = report.spent
    billed = not plan.simulated and (spent.usd or spent.unknown or spent.resends)
    money_text = f" {spent_text(spent)} spent." if billed else ""
    return f"{name}: {', '.join(parts)}.{money_text}"


def _assets_place(project: Project) -> str:
    from pathlib import Path

    archive = project.archive()
    if archive.remote:
        return archive.name
    path = project.root / project.config.assets.path
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
