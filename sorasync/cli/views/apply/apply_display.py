"""Progress and report for all commands that apply changes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode, of_report
from sorasync.cli.app.library_options import Globals
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.terminal.capabilities import can_redraw

if TYPE_CHECKING:
    from sorasync.apply.report import Report
    from sorasync.cli.views.apply.progress import Display
    from sorasync.plan.plan import Plan


def display(globals: Globals) -> Display:
    """A table that redraws on a terminal, lines elsewhere."""
    if globals.events:
        from sorasync.cli.views.apply.event_lines import EventLines

        return EventLines()
    from sorasync.cli.views.apply.progress import Live, ProgressLines

    if globals.json or not can_redraw(sys.stderr):
        return ProgressLines(quiet=globals.quiet)
    return Live()


def close(globals: Globals, plan: Plan, report: Report, name: str = "Apply") -> ExitCode:
    """Print the report of the command `name`; its exit code."""
    if globals.events:
        from sorasync.cli.views.apply.event_lines import report_line

        click.echo(report_line(plan, report))
    elif globals.json:
        from sorasync.cli.views.apply.report_json import report_json

        print_json(report_json(plan, report))
    elif globals.format == "markdown":
        from sorasync.cli.views.apply.report_markdown import report_markdown

        print_lines([report_markdown(plan, report)])
    else:
        from sorasync.cli.views.apply.report_text import report_text

        print_lines(report_text(plan, report, globals.project(), name))
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from sorasync.cli.app.ci_service import add_summary
        from sorasync.cli.views.apply.report_markdown import report_markdown

        add_summary(report_markdown(plan, report))
    return of_report(report)
