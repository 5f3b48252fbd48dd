"""`sorasync watch`."""

from __future__ import annotations

import sys

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.arguments.plan_options import exclude_option, target_option

_EXAMPLES = """\b
Examples:
  sorasync watch
  sorasync watch --target 'clip.act1-*'
  sorasync watch --apply free
  sorasync watch --format json

\b
Keys: a apply what is shown, s only the selected clip, f only what is free,
      d draw drafts, o open the selected clip's draft or video, p pick a take,
      r ask the provider, up and down select, ? list the keys, q quit.
Lines on standard input with --format json:
      apply TOKEN, free [TOKEN], drafts, refresh, quit.
"""


@subcommand(epilog=_EXAMPLES)
@target_option
@exclude_option
@click.option(
    "--apply",
    "auto",
    type=click.Choice(["free", "all"]),
    help="After a save, apply what costs nothing, or all that budget and policy allow, without asking.",
)
@click.option("--poll", is_flag=True, help="Poll the files; the default on network mounts.")
def command(
    globals: Globals, target: tuple[str, ...], exclude: tuple[str, ...], auto: str | None, poll: bool
) -> ExitCode:
    """Plan on every save, and show what it would cost.

    Checks the manifests, plans only what changed, and shows errors, the plan, the words that changed and
    the cost. Nothing is sent to the provider, and nothing is spent, until you press a key for it. Without a
    terminal, or with --format json, every event is one line of JSON.
    """
    from sorasync.cli.app.invocation import command_line
    from sorasync.cli.terminal.capabilities import can_redraw
    from sorasync.cli.watch.run_watch import in_lines, on_terminal
    from sorasync.operations.plan import PlanOptions
    from sorasync.operations.project import Project
    from sorasync.plan.selection import Selection
    from sorasync.watch.watch_loop import Auto, WatchSettings

    project = globals.project()
    settings = WatchSettings(
        open=lambda: Project.open(project.root, globals.env),
        planning=PlanOptions(Selection(target, exclude), offline=True, lint=True),
        auto=Auto(auto or "nothing"),
        poll=poll,
        command=command_line(),
    )
    people = not globals.json and sys.stdin.isatty() and can_redraw(sys.stdout)
    code = on_terminal(project, settings) if people else in_lines(settings)
    return ExitCode(code)
