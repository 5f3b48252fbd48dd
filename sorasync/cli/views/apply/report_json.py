"""The report of an apply as JSON."""

from __future__ import annotations

from sorasync.apply.report import End, Report
from sorasync.cli.views.plan.plan_json import FORMAT_VERSION, plan_json, usd
from sorasync.plan.plan import Plan


def report_json(plan: Plan, report: Report) -> dict[str, object]:
    """The plan and every change's outcome as plain data."""
    return {
        "format_version": FORMAT_VERSION,
        "run": report.run,
        "interrupted": report.interrupted,
        "stopped": report.stopped,
        "summary": {end.value: len(report.of(end)) for end in End},
        "spent_usd": "0.00" if plan.simulated else usd(report.spent.usd),
        "spent_unknown": 0 if plan.simulated else report.spent.unknown,
        "spent_resends": 0 if plan.simulated else report.spent.resends,
        "outcomes": [
            {
                "address": outcome.label,
                "action": outcome.action.value,
                "end": outcome.end.value,
                "message": outcome.message or None,
                "cause": outcome.cause,
                "next": outcome.next,
            }
            for outcome in report.outcomes
        ],
        "conflicts": list(report.conflicts),
        "unwritten": list(report.unwritten),
        "failed_checks": [
            {
                "address": found.label,
                "check": found.check,
                "verdict": found.verdict,
                "message": found.message,
            }
            for found in report.failed_checks
        ],
        "plan": plan_json(plan),
    }
