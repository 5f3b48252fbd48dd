"""`sorasync check`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode, of_checks
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN
from sorasync.cli.arguments.completed_values import check_names
from sorasync.cli.arguments.queue_options import media_queue_option

_EXAMPLES = """\b
Examples:
  sorasync check
  sorasync check clip.market 'clip.act1-*' tag:final
  sorasync check --only black --only frozen
  sorasync check --allow-commands      # also your own programs
  sorasync check --queue night         # by runners
  sorasync check --format junit > checks.xml
  sorasync check --format github       # annotations in a GitHub workflow
"""


@subcommand(formats=("text", "json", "junit", "github"), epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
@click.option(
    "--only", "only", multiple=True, metavar="CHECK", shell_complete=check_names, help="Run only this check."
)
@click.option("--again", is_flag=True, help="Check again what was checked before.")
@click.option(
    "--allow-commands", is_flag=True, help="Also run the programs of [checks.commands] in sorasync.toml."
)
@media_queue_option
def command(
    globals: Globals,
    patterns: tuple[str, ...],
    only: tuple[str, ...],
    again: bool,
    allow_commands: bool,
    queue: str | None,
) -> ExitCode:
    """Check finished videos for what [checks] sets: by default size, length, black, freezes and flicker.

    Results are kept in the state and reused until the video or the settings change. Nothing is paid for, and
    the provider is not asked. ADDRESS takes * and ?, or tag:NAME. Exits with 1 if a check fails or could not
    run. With --queue, runners decode the videos.
    """
    from sorasync.cli.views.check.check_reports import check_json, check_junit, failures
    from sorasync.cli.views.check.check_text import check_text
    from sorasync.cli.views.cut.cut_progress import showing_progress
    from sorasync.cli.views.diagnostics.diagnostic_paths import repository_prefix
    from sorasync.operations.check import check_library, named_checks

    project = globals.project()
    names = named_checks(project, only)
    if queue is not None:
        if allow_commands:
            raise click.UsageError(
                "--allow-commands does not go with --queue: runners run no programs of yours"
            )
        from sorasync.cli.views.queue_output import queue_notice
        from sorasync.operations.queue_media_jobs import check_by_queue

        told = queue_notice(quiet=globals.quiet)
        report = check_by_queue(project, patterns, queue, told, only=names, again=again)
    else:
        with showing_progress(quiet=globals.quiet) as progress:
            report = check_library(
                project, patterns, progress, only=names, again=again, commands=allow_commands
            )
    prefix = repository_prefix(project.root)
    if globals.json:
        print_json(check_json(report, project))
    elif globals.format == "junit":
        click.echo(check_junit(report, prefix))
    elif globals.format == "github":
        from sorasync.cli.views.diagnostics.diagnostic_github import diagnostics_github

        print_lines(diagnostics_github(failures(report), prefix))
    else:
        lines = check_text(report, named=bool(patterns), quiet=globals.quiet, verbose=globals.verbose)
        print_lines(lines)
    return of_checks(report)
