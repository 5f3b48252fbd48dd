"""How an apply ended, for people: counts, what did not get done, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sorasync.apply.report import End, Outcome, Report, spent
from sorasync.cli.plan_text import no_changes
from sorasync.operations.project import Project
from sorasync.plan.cost import money
from sorasync.plan.plan import Plan

_MARKS = {End.FAILED: "✗", End.BLOCKED: "!", End.PENDING: "…", End.OPEN: "?", End.SKIPPED: "-"}

_FEW = 3
"""Pending renders of which the same is said that are still named one by one."""


def report_text(plan: Plan, report: Report, project: Project) -> Iterator[str]:
    """The closing lines."""
    if not plan.changes:
        yield no_changes(plan)
    else:
        yield from _problems(report)
        yield closing_counts(plan, report)
        if report.stopped:
            yield f"Stopped early: {report.stopped}."
    for name in report.conflicts:
        yield f"{name}: a file of yours is in the way; the video is in the store, its name was not made"
    if report.of(End.DONE) or not plan.changes:
        yield f"The videos are in {_directory(project)}"


def _problems(report: Report) -> Iterator[str]:
    """Each change that is not done with its next step; those that only wait for another are counted."""
    waiting: dict[str, int] = {}
    alike = _alike(report)
    for outcome in report.outcomes:
        if outcome.end is End.PENDING and not outcome.cause:
            yield from _pending(alike.pop(outcome.message, []))
            continue
        if outcome.end is not End.DONE and outcome.cause:
            waiting[outcome.cause] = waiting.get(outcome.cause, 0) + 1
        elif outcome.end is not End.DONE:
            yield from _problem(outcome)
    for cause, count in waiting.items():
        yield f"! {count} more {'waits' if count == 1 else 'wait'} for {cause}"


def _alike(report: Report) -> dict[str, list[Outcome]]:
    """What is pending, by what is said of it."""
    alike: dict[str, list[Outcome]] = {}
    for outcome in report.of(End.PENDING):
        if not outcome.cause:
            alike.setdefault(outcome.message, []).append(outcome)
    return alike


def _pending(alike: list[Outcome]) -> Iterator[str]:
    """Renders of which the same is to be said: one by one while they are few, else counted."""
    if len(alike) <= _FEW:
        for outcome in alike:
            yield from _problem(outcome)
        return
    first = alike[0]
    yield f"{_mark(first)} {first.label} and {len(alike) - 1} more: {first.end.value}: {first.message}"
    if first.next:
        yield f"    next: {first.next}"


def _mark(outcome: Outcome) -> str:
    return click.style(_MARKS[outcome.end], fg="cyan" if outcome.end is End.PENDING else "red", bold=True)


def _problem(outcome: Outcome) -> Iterator[str]:
    yield f"{_mark(outcome)} {outcome.label}: {outcome.end.value}: {outcome.message}"
    if outcome.next:
        yield f"    next: {outcome.next}"


def closing_counts(plan: Plan, report: Report) -> str:
    """How many changes ended in which way, and what was spent."""
    parts = [f"{len(found)} {end.value}" for end in End if (found := report.of(end))]
    cost = spent(report.outcomes)
    money_text = f" {money(cost)} spent." if cost and not plan.simulated else ""
    return f"Apply: {', '.join(parts)}.{money_text}"


def _directory(project: Project) -> str:
    from pathlib import Path

    path = project.root / project.config.assets.path
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
