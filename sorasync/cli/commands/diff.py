"""`sorasync diff`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync diff HEAD
  sorasync diff main --full
  sorasync diff v1.2 --format markdown
"""


@subcommand(formats=("text", "json", "markdown"), epilog=_EXAMPLES)
@click.argument("revision", metavar="REV")
@click.option("--full", is_flag=True, help="Show whole prompts.")
def command(globals: Globals, revision: str, full: bool) -> ExitCode:
    """Compare the manifests with those of a git revision, and show what the difference costs.

    REV is a commit, a branch or a tag. Its manifests are checked out into a temporary directory and planned
    against the state here. The working tree is not touched, and the provider is not asked.
    """
    from sorasync.cli.views.diff_output import diff_json, diff_lines, diff_markdown, sums
    from sorasync.operations.diff import compare

    found = compare(globals.project(), revision)
    if globals.json:
        print_json(diff_json(found))
    elif globals.format == "markdown":
        print_lines([diff_markdown(found)])
    else:
        print_lines(sums(found) if globals.quiet else diff_lines(found, full=full))
    return ExitCode.DONE
