"""`sorasync plan`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode, of_plan
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.plan_options import plan_options
from sorasync.cli.views.plan.apply_command_line import apply_command, apply_file_command
from sorasync.operations.output_file import require_output_file, write_output

if TYPE_CHECKING:
    from sorasync.manifest.diagnostic import Diagnostic
    from sorasync.operations.cut import CutView
    from sorasync.operations.plan import Planned, PlanOptions
    from sorasync.operations.project import Project

_EXAMPLES = """\b
Examples:
  sorasync plan
  sorasync plan --target 'clip.act1-*' --exclude tag:draft
  sorasync plan --out plan.json && sorasync apply plan.json
  sorasync plan --refresh
  sorasync plan --detailed-exitcode --format json > plan.json
  sorasync plan --offline --format github > comment.md    # for a pull request
"""
_MARKDOWN = ("github", "markdown")


@subcommand(formats=("text", "json", "github", "markdown"), epilog=_EXAMPLES, cached=True, remembered=True)
@plan_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Save the plan.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 when there are changes, with 3 when there is only drift.",
)
@click.option("--full", is_flag=True, help="Show whole prompts.")
@click.option("--short", is_flag=True, help="Show one line per change.")
def command(
    globals: Globals,
    planning: PlanOptions,
    out: Path | None,
    detailed_exitcode: bool,
    full: bool,
    short: bool,
) -> ExitCode:
    """Show what apply would do, why, and what it would cost.

    Nothing is sent, changed or locked. The provider is asked only about what the plan depends on: renders
    in flight, and the sources of extensions and edits; with --refresh about everything. Exits with 5 when
    apply would refuse the plan under the library's configuration.
    """
    from sorasync.cli.app.ci_service import add_plan, annotate
    from sorasync.cli.app.interrupt import keep_to_the_end
    from sorasync.cli.app.invocation import notice
    from sorasync.cli.app.remembered_command import keep_answer, seen_before
    from sorasync.manifest.diagnostic import ManifestError
    from sorasync.operations.empty_state import forgotten
    from sorasync.operations.plan import make_plan

    if out is not None:
        require_output_file(out)
    try:
        project = globals.project()
        seen = seen_before(globals, project)
        planned = make_plan(project, planning)
        keep_to_the_end(planned)
    except ManifestError as error:
        annotate(globals, error.diagnostics)
        if globals.format in _MARKDOWN:
            _faults(globals, error.diagnostics)
        raise
    warning = forgotten(project, planned.known.briefs)
    if warning is not None:
        notice(warning)
    if out is not None:
        from sorasync.plan.planfile import encode

        require_output_file(out, planned.library)
        write_output(out, encode(planned.plan))
    annotate(globals, planned.plan.diagnostics)
    add_plan(planned.plan, lambda: _failed_checks(project, planned))
    lines = _show(globals, project, planned, planning, full=full, short=short)
    code = of_plan(planned.plan, planned.drift, detailed=detailed_exitcode)
    if out is None and warning is None and _nothing_to_say(planned):
        keep_answer(globals, project, "plan", seen, lines, code)
    if out is not None and not globals.quiet:
        command = apply_file_command(globals, planned.plan, str(out))
        notice(f"Saved. To apply it: {command}" if command else "Saved.")
    return code


def _failed_checks(project: Project, planned: Planned) -> list[str]:
    from sorasync.operations.check import failed_checks

    return failed_checks(project, planned)


def _nothing_to_say(planned: Planned) -> bool:
    """Whether a plan holds nothing that anybody would act on, and was made without asking a host.

    What is said of cuts is read from files that have no stamp.
    """
    plan = planned.plan
    if planned.library.cuts:
        return False
    spoken = (plan.changes, plan.waiting, plan.diagnostics, plan.relinks, plan.notices, plan.refusals)
    return not any(spoken) and planned.drift is None and not planned.known.remote


def _show(
    globals: Globals, project: Project, planned: Planned, planning: PlanOptions, *, full: bool, short: bool
) -> list[str]:
    """Print a plan; the lines for people of one that says nothing, none of any other or in another form."""
    plan, drift = planned.plan, planned.drift
    cuts = _cuts(project, planned) if globals.format not in _MARKDOWN and not globals.quiet else ()
    if globals.json:
        from sorasync.cli.views.drift_output import drift_json
        from sorasync.cli.views.plan.plan_json import change_json, plan_json

        changes: dict[str, object] = {"changes": map(change_json, plan.changes)}
        if cuts:
            from sorasync.cli.views.cut.cut_output import summary_json

            changes["cuts"] = [summary_json(view) for view in cuts]
        print_json(plan_json(plan, changes=False) | changes | ({"drift": drift_json(drift)} if drift else {}))
        return []
    if globals.format in _MARKDOWN:
        from sorasync.cli.views.plan.plan_markdown import plan_comment, plan_summary

        written = plan_comment if globals.format == "github" else plan_summary
        print_lines([written(plan, drift, _failed_checks(project, planned))])
        return []
    from sorasync.cli.views.plan.plan_text import plan_text, sums

    command = apply_command(globals, planning, plan)
    lines: Iterable[str] = ()
    if cuts:
        from sorasync.cli.views.cut.cut_output import summary_lines

        lines = summary_lines(cuts)
    shown = plan_text(plan, full=full, short=short, command=command, cuts=lines)
    spoken = sums(plan, command) if globals.quiet else shown
    # Only those of a plan that says nothing are printed again by later runs, and they are few.
    printed = list(spoken) if _nothing_to_say(planned) else []
    print_lines(printed or spoken)
    if drift is not None:
        from sorasync.cli.views.drift_output import drift_line, drift_text

        print_lines([drift_line(drift)] if globals.quiet else ["", *drift_text(drift)])
    return printed


def _cuts(project: Project, planned: Planned) -> tuple[CutView, ...]:
    """The library's cuts; none for a partial plan, which does not know what they still cost."""
    if planned.plan.partial or not planned.library.cuts:
        return ()
    from sorasync.operations.cut import cut_views

    return cut_views(project, planned)


def _faults(globals: Globals, diagnostics: list[Diagnostic]) -> None:
    """Print why there is no plan."""
    from sorasync.cli.views.plan.plan_markdown import faults_markdown
    from sorasync.errors import SorasyncError
    from sorasync.library_file import find_library

    try:
        name = globals.project().name
    except SorasyncError:
        name = find_library(globals.library or Path.cwd()).name
    comment = globals.format == "github"
    print_lines([faults_markdown(diagnostics, name, globals.env, comment=comment)])
