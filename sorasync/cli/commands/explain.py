"""`sorasync explain`."""

from __future__ import annotations

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.cli.arguments.completed_values import codes

_EXAMPLES = """\b
Examples:
  sorasync explain
  sorasync explain S207
"""


@subcommand(epilog=_EXAMPLES)
@click.argument("code", required=False, shell_complete=codes)
def command(globals: Globals, code: str | None) -> ExitCode:
    """Explain a code, with a bad and a good example.

    Without CODE every code is listed.
    """
    from sorasync.cli.views.explain_output import code_json, code_text, listed

    if code is None:
        print_json({"format_version": 1, "codes": [code_json(one) for one in listed()]}) if (
            globals.json
        ) else print_lines(code_text())
        return ExitCode.DONE
    return _explain(globals, code.upper())


def _explain(globals: Globals, code: str) -> ExitCode:
    from sorasync.cli.views.explain_output import code_json
    from sorasync.errors import SorasyncError
    from sorasync.manifest.codes import ALL_CODES
    from sorasync.manifest.pages import page
    from sorasync.manifest.suggest import nearest

    text = page(code)
    if code not in ALL_CODES or text is None:
        near = nearest(code, ALL_CODES)
        hint = f"did you mean {near}? " if near else ""
        raise SorasyncError(f"there is no code {code!r}", hint=f"{hint}`sorasync explain` lists them all")
    if globals.json:
        print_json({"format_version": 1, **code_json(code), "page": text})
    else:
        print_lines([text.rstrip()])
    return ExitCode.DONE
