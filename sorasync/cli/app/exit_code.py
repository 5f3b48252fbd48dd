"""The one place that maps how a command ended to its exit code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sorasync.apply.report import Report
    from sorasync.operations.check import CheckReport
    from sorasync.operations.drift import Drift
    from sorasync.plan.plan import Plan


class ExitCode(IntEnum):
    """The exit codes."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    DRIFT = 3
    PARTIAL = 4
    REFUSED = 5
    LOCKED = 6
    STALE = 7
    PENDING = 8
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143


# What the codes mean; `make reference` writes it into the docs.
MEANINGS: Final[Mapping[ExitCode, str]] = {
    ExitCode.DONE: "done; with `--detailed-exitcode`: no changes, or only blocked and lost renders, which an "
    "apply leaves alone",
    ExitCode.ERROR: "error; also if a `check` fails or could not run, while `resolve` lists open questions, "
    "and if `find`, or `status` with an address or `--stage`, finds nothing",
    ExitCode.CHANGES: "`--detailed-exitcode`: there are changes",
    ExitCode.DRIFT: "`--detailed-exitcode`: drift only",
    ExitCode.PARTIAL: "partly done: something failed, is blocked or was not started",
    ExitCode.REFUSED: "refused by a budget, a protection or a threshold; nothing was sent",
    ExitCode.LOCKED: "the state is locked",
    ExitCode.STALE: "the plan is stale, or its token differs",
    ExitCode.PENDING: "some renders are still running at the provider; nothing is lost",
    ExitCode.USAGE: "wrong usage",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C; the state is safe",
    ExitCode.TERMINATED: "terminated by a signal; the state is safe",
}


def of_error(error: BaseException) -> ExitCode:
    """The exit code of an error that ended a command."""
    from sorasync.errors import Refused, Terminated
    from sorasync.plan.policy import PlanRefused
    from sorasync.plan.stale import PlanStale
    from sorasync.state.lock import StateLocked

    if isinstance(error, Terminated):
        return ExitCode.TERMINATED
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    if isinstance(error, PlanRefused | Refused):
        return ExitCode.REFUSED
    if isinstance(error, PlanStale):
        return ExitCode.STALE
    if isinstance(error, StateLocked):
        return ExitCode.LOCKED
    return ExitCode.ERROR


def of_plan(plan: Plan, drift: Drift | None, *, detailed: bool) -> ExitCode:
    """The exit code of a plan: one that apply would refuse is refused; `detailed` tells the others apart."""
    if plan.refusals:
        return ExitCode.REFUSED
    return of_changes(plan, drift) if detailed else ExitCode.DONE


def of_changes(plan: Plan, drift: Drift | None = None) -> ExitCode:
    """Whether there are changes, only drift, or neither.

    What an apply would do nothing about is no change: it would be there again every time.
    """
    drifted = drift.keys if drift else frozenset()
    if any(one.key not in drifted for one in plan.relinks):
        return ExitCode.CHANGES
    if any(change.key not in drifted and not change.stuck for change in plan.changes):
        return ExitCode.CHANGES
    return ExitCode.DRIFT if drifted else ExitCode.DONE


def of_checks(report: CheckReport) -> ExitCode:
    """The exit code of a check: what fails, and what could not be checked, is an error."""
    from sorasync.checks.check_result import Verdict

    counts = report.counts()
    return ExitCode.ERROR if counts[Verdict.FAILED] or counts[Verdict.ERROR] else ExitCode.DONE


def of_report(report: Report) -> ExitCode:
    """The exit code of an apply that ran."""
    from sorasync.apply.report import End

    if report.interrupted:
        return ExitCode.TERMINATED if report.terminated else ExitCode.INTERRUPTED
    if report.complete:
        return ExitCode.PARTIAL if report.unwritten else ExitCode.DONE
    if report.of(End.FAILED, End.BLOCKED, End.OPEN, End.SKIPPED):
        if report.of(End.DONE, End.PENDING):
            return ExitCode.PARTIAL
        return ExitCode.REFUSED if report.over_budget else ExitCode.ERROR
    return ExitCode.PENDING
