"""`sorasync validate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.operations.project import Project
    from sorasync.operations.remembered_answer import Outset
    from sorasync.operations.validate import ValidatedLibrary

_EXAMPLES = """\b
Examples:
  sorasync validate
  sorasync validate --strict
  sorasync validate --format github       # annotations in a GitHub workflow
  sorasync validate --format sarif > sorasync.sarif
  sorasync validate --format gitlab > gl-code-quality-report.json
  sorasync validate --format junit > sorasync.xml
  sorasync validate film/manifests/act-1.toml
"""


@subcommand(
    formats=("text", "json", "github", "sarif", "gitlab", "junit"),
    epilog=_EXAMPLES,
    cached=True,
    remembered=True,
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES]...")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
def command(globals: Globals, files: tuple[Path, ...], strict: bool) -> ExitCode:
    """Check every manifest against the language and the provider's profile, and its prompts against the lint.

    Every fault of every file is shown at once. Needs no key, no state and no network. `sorasync explain CODE`
    says more about a code. With FILES, checks the whole library that each file belongs to.
    """
    from sorasync.cli.app.failure import show_failure
    from sorasync.library_file import find_library
    from sorasync.manifest.diagnostic import ManifestError

    roots = sorted({find_library(file.parent) for file in files})
    if len(roots) < 2:
        return _validate(replace(globals, library=roots[0], question=None) if roots else globals, strict)
    if globals.format != "text":
        raise click.UsageError(f"--format {globals.format} is for the files of one library")
    worst = ExitCode.DONE
    for root in roots:
        try:
            worst = max(worst, _validate(replace(globals, library=root, question=None), strict))
        except ManifestError as error:
            worst = ExitCode(max(worst, show_failure(error, ())))
    return worst


def _validate(globals: Globals, strict: bool) -> ExitCode:
    from sorasync.cli.app.remembered_command import keep_answer, seen_before
    from sorasync.operations.validate import check

    looks: list[tuple[Project, Outset | None]] = []

    def opened() -> Project:
        project = globals.project()
        looks.append((project, seen_before(globals, project, state=False)))
        return project

    checked = check(opened, strict=strict)
    if (show := _REPORTS.get(globals.format)) is not None:
        show(checked, _prefix(globals))
        return ExitCode.ERROR if checked.errors else ExitCode.DONE
    checked.raise_errors()
    if globals.json:
        return _json(checked)
    lines = _text(globals, checked)
    print_lines(lines)
    # What is wrong with a cut is read from files that have no stamp.
    if not checked.cuts:
        for project, seen in looks:
            keep_answer(globals, project, "validate", seen, lines, ExitCode.DONE)
    return ExitCode.DONE


def _text(globals: Globals, checked: ValidatedLibrary) -> list[str]:
    from sorasync.cli.views.diagnostics.diagnostic_text import counts_text, diagnostics_text

    counts = counts_text(checked.diagnostics)
    tail = f" {counts}." if counts else ""
    blocks = [] if globals.quiet else list(diagnostics_text(checked.diagnostics))
    parts = [counted(checked.clips, "clip"), counted(checked.characters, "character")]
    parts += [
        counted(count, word) for count, word in ((checked.stills, "still"), (checked.cuts, "cut")) if count
    ]
    last = f"{', '.join(parts[:-1])} and {parts[-1]} are valid ({counted(checked.renders, 'render')}).{tail}"
    return [*blocks, *([""] if blocks else []), last]


def _json(checked: ValidatedLibrary) -> ExitCode:
    from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json

    print_json({"format_version": 1, "diagnostics": [diagnostic_json(d) for d in checked.diagnostics]})
    return ExitCode.DONE


def _github(checked: ValidatedLibrary, prefix: str) -> None:
    from sorasync.cli.views.diagnostics.diagnostic_github import diagnostics_github

    print_lines(diagnostics_github(checked.diagnostics, prefix))


def _sarif(checked: ValidatedLibrary, prefix: str) -> None:
    from sorasync.cli.views.diagnostics.diagnostic_sarif import diagnostics_sarif

    print_json(diagnostics_sarif(checked.diagnostics, prefix))


def _gitlab(checked: ValidatedLibrary, prefix: str) -> None:
    from sorasync.cli.terminal.json_text import json_text
    from sorasync.cli.views.diagnostics.diagnostic_gitlab import diagnostics_gitlab

    click.echo(json_text(diagnostics_gitlab(checked.diagnostics, prefix)))


def _junit(checked: ValidatedLibrary, prefix: str) -> None:
    from sorasync.cli.views.diagnostics.diagnostic_junit import diagnostics_junit

    click.echo(diagnostics_junit(checked.diagnostics, prefix))


# Reports for other programs; all of them show errors as well.
_REPORTS = {"github": _github, "sarif": _sarif, "gitlab": _gitlab, "junit": _junit}


def _prefix(globals: Globals) -> str:
    from sorasync.cli.views.diagnostics.diagnostic_paths import repository_prefix
    from sorasync.library_file import find_library

    return repository_prefix(find_library(globals.library or Path.cwd()))
