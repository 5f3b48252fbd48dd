"""`sorasync fmt`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sorasync.cli.app.exit_code import ExitCode
from sorasync.cli.app.library_options import Globals, subcommand
from sorasync.cli.app.output import print_json, print_lines
from sorasync.operations.output_file import replace_file
from sorasync.text import counted

if TYPE_CHECKING:
    from sorasync.manifest.format_files import FormattedFile

_EXAMPLES = """\b
Examples:
  sorasync fmt
  sorasync fmt --check --diff
  sorasync fmt manifests/act-1.toml
  sorasync fmt - < draft.toml
"""


@subcommand(epilog=_EXAMPLES)
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, exists=True, allow_dash=True), metavar="[PATHS]..."
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(globals: Globals, paths: tuple[Path, ...], check: bool, diff: bool) -> ExitCode:
    """Format manifests: spacing, quotes, empty lines, commas.

    Comments, order and meaning are kept; no render is ever affected. PATHS are files or directories, `-` is
    standard input; without PATHS, all manifests of the library and sorasync.toml are formatted. A file with
    faulty syntax, or in another encoding than UTF-8, is left alone and reported.
    """
    if paths == (Path("-"),):
        return _standard_input(check=check, diff=diff)
    outcomes = []
    for outcome, path in _outcomes(globals, paths):
        outcomes.append(outcome)
        if outcome.changed and not (check or diff):
            _replace_text(path, outcome.after)
    _show(globals, outcomes, dry=check or diff, diff=diff)
    return _code(outcomes, check)


def _outcomes(globals: Globals, paths: tuple[Path, ...]) -> Iterator[tuple[FormattedFile, Path]]:
    from sorasync.errors import SorasyncError
    from sorasync.library_file import FileRefused, find_library, read_file
    from sorasync.manifest.format_files import chosen_files, outcome, refused

    if not paths:
        paths = (find_library(globals.library or Path.cwd()),)
    for chosen in {one.path: one for one in chosen_files(paths)}.values():
        path, name = chosen.path, _shown_path(chosen.path)
        try:
            found = outcome(name, read_file(path, within=chosen.within))
        except FileRefused as error:
            found = refused(name, error)
        except OSError as error:
            raise SorasyncError(f"cannot read {path}: {error.strerror}") from error
        yield found, path


def _shown_path(path: Path) -> str:
    """The path to show: relative to the working directory if it is below it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def _replace_text(path: Path, text: str) -> None:
    """Put the text in place with the permissions that the file had; a link stays one."""
    real = path.resolve()
    mode = real.stat().st_mode & 0o7777
    replace_file(real, text)
    real.chmod(mode)


def _standard_input(*, check: bool, diff: bool) -> ExitCode:
    from sorasync.manifest.format_files import outcome

    found = outcome("<stdin>", sys.stdin.buffer.read())
    if found.faults:
        _complain([found])
    elif diff:
        print_lines(_unified_diff(found))
    elif not check:
        click.echo(found.after, nl=False)
    return _code([found], check)


def _code(outcomes: list[FormattedFile], check: bool) -> ExitCode:
    faulty = any(one.faults for one in outcomes)
    return ExitCode.ERROR if faulty or (check and any(one.changed for one in outcomes)) else ExitCode.DONE


def _show(globals: Globals, outcomes: list[FormattedFile], *, dry: bool, diff: bool) -> None:
    if globals.json:
        print_json(_outcome_fields(outcomes))
        return
    _complain(outcomes)
    changed = [one for one in outcomes if one.changed]
    for one in [] if globals.quiet else changed:
        print_lines(_unified_diff(one) if diff else [one.name])
    faulty = Counter(one.obstacle for one in outcomes if one.faults)
    verb = "would be" if dry else "was" if len(changed) == 1 else "were"
    parts = [
        f"{counted(len(changed), 'file')} {verb} reformatted",
        f"{len(outcomes) - len(changed) - faulty.total()} unchanged",
        *(f"{number} left alone for {obstacle}" for obstacle, number in faulty.items()),
    ]
    click.echo(f"{', '.join(parts)}.", err=diff)


def _complain(outcomes: list[FormattedFile]) -> None:
    from sorasync.cli.app.failure import printable
    from sorasync.cli.views.diagnostics.diagnostic_text import diagnostics_text

    for line in diagnostics_text(fault for one in outcomes for fault in one.faults):
        click.echo(printable(line), err=True)


def _unified_diff(one: FormattedFile) -> Iterator[str]:
    from difflib import unified_diff

    from sorasync.sensitive import HIDDEN, line_may_hold_secret

    before, after = one.before.removeprefix("\ufeff").splitlines(), one.after.splitlines()
    lines = list(unified_diff(before, after, one.name, one.name, lineterm=""))
    for line in lines or [f"{one.name}: only line endings or the byte order mark differ"]:
        # Where a run prints this, others may read it.
        name, sign, _ = line.partition("=")
        yield f"{name}{sign} {HIDDEN}" if line_may_hold_secret(line[1:]) else line


def _outcome_fields(outcomes: list[FormattedFile]) -> dict[str, object]:
    from sorasync.cli.views.diagnostics.diagnostic_json import diagnostic_json

    return {
        "format_version": 1,
        "files": [{"file": one.name, "changed": one.changed, "faulty": bool(one.faults)} for one in outcomes],
        "diagnostics": [diagnostic_json(fault) for one in outcomes for fault in one.faults],
    }
