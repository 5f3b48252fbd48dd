"""`sorasync preflight`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.views.diagnostics.diagnostic_paths import from_here

if TYPE_CHECKING:
    from sorasync.operations.media_check import MediaReport
    from sorasync.preflight.fix import Mended

_EXAMPLES = """\b
Examples:
  sorasync preflight
  sorasync preflight --fix
"""


@subcommand(epilog=_EXAMPLES)
@click.option("--fix", is_flag=True, help="Write corrected copies beside the files; overwrite nothing.")
def command(globals: Globals, fix: bool) -> ExitCode:
    """Check reference clips and images before any money is spent on them.

    What the provider would refuse is an error, such as a first frame in another size than its clip. What
    only looks worse is a warning, such as a character's clip in another shape than the videos that use it.
    Needs the extra `preview`, and no key, state or network.
    """
    from sorasync.operations.media_check import check_references

    report = check_references(globals.project(), fix=fix)
    if globals.json:
        print_json(_finding_fields(report))
    else:
        print_lines(_as_text(report, fix=fix))
    return ExitCode.ERROR if report.errors else ExitCode.DONE


def _as_text(report: MediaReport, *, fix: bool) -> Iterator[str]:
    from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text

    yield from diagnostics_text(report.diagnostics)
    for one in report.fixed:
        yield from _mended_text(one)
    if not report.diagnostics:
        yield "Every reference clip and image is OK."
    elif report.errors:
        yield f"{report.errors} of these would be refused{'' if fix else '; --fix writes corrected copies'}."


def _mended_text(one: Mended) -> Iterator[str]:
    from sorasync.cli.terminal.columns import terminal_width, wrapped

    width = terminal_width()
    if one.done:
        yield from wrapped(f"wrote {from_here(one.copy or '')}: {', '.join(one.done)}", width, indent=4)
    for words in one.left:
        yield from wrapped(f"{from_here(one.file)}: {words}", width, indent=4)
    if one.copy is not None:
        use = f"    to use it, change {from_here(one.position.file)}:{one.position.line} to: {one.line}"
        yield from wrapped(use, width, indent=6)


def _finding_fields(report: MediaReport) -> dict[str, object]:
    from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json

    return {
        "format_version": 1,
        "diagnostics": [diagnostic_json(one) for one in report.diagnostics],
        "fixed": [
            {
                "file": one.file,
                "copy": one.copy,
                "done": list(one.done),
                "left": list(one.left),
                "addresses": list(one.addresses),
                "manifest": one.position.file,
                "line": one.position.line,
                "text": one.line,
            }
            for one in report.fixed
        ],
    }
