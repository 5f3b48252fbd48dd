"""`sorasync graph`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.address_argument import PATTERN

_EXAMPLES = """\b
Examples:
  sorasync graph
  sorasync graph clip.market
  sorasync graph --format dot | dot -Tsvg > graph.svg
  sorasync graph --format mermaid 'clip.act1-*'
"""


@subcommand(formats=("text", "dot", "mermaid", "json"), epilog=_EXAMPLES)
@click.argument("patterns", nargs=-1, type=PATTERN, metavar="[ADDRESS]...")
def command(globals: Globals, patterns: tuple[str, ...]) -> ExitCode:
    """Draw the dependency graph.

    With ADDRESS, draws only that address, what it needs and what needs it. ADDRESS takes * and ?, or is
    tag:NAME. Only the manifests are read.
    """
    from sorasync.cli.views.graph import graph_output
    from sorasync.operations.graph_view import graph_view

    view = graph_view(globals.project(), patterns)
    match globals.format:
        case "json":
            print_json(graph_output.as_json(view))
        case "dot":
            print_lines(graph_output.as_dot(view))
        case "mermaid":
            print_lines(graph_output.as_mermaid(view))
        case _:
            print_lines(graph_output.as_tree(view))
    return ExitCode.DONE
