"""`sorasync validate`."""

from __future__ import annotations

from sorasync.cli.common import Globals, subcommand
from sorasync.cli.exit_code import ExitCode
from sorasync.cli.output import print_json, print_lines

_EXAMPLES = """\b
Examples:
  sorasync validate
  sorasync validate --format json
"""


@subcommand(epilog=_EXAMPLES)
def command(globals: Globals) -> ExitCode:
    """Check every manifest against the language and the provider's profile.

    Every fault of every file is shown at once. Needs no key, no state and no network.
    """
    from sorasync.cli.diagnostic_json import diagnostic_json
    from sorasync.cli.diagnostic_text import diagnostics_text

    project = globals.project()
    library = project.library()
    graph = project.graph(library)
    if globals.json:
        print_json({"format_version": 1, "diagnostics": [diagnostic_json(d) for d in library.warnings]})
        return ExitCode.DONE
    print_lines(
        [
            *diagnostics_text(library.warnings),
            f"{len(graph.clips)} clips and {len(library.characters)} characters are valid "
            f"({len(graph.renders)} renders).",
        ]
    )
    return ExitCode.DONE
