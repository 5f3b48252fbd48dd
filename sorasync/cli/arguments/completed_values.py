"""Shell completion of other values than addresses: environments, formats, codes, backups.

None of it raises: a shell has no place for errors, and what it cannot complete is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def library_of(ctx: click.Context) -> Path | None:
    """The library that the command line names, None if there is none."""
    from sorasync.cli.app.library_options import globals_of

    start = (globals_of(ctx).library or Path.cwd()).resolve()
    return next((place for place in (start, *start.parents) if (place / "sorasync.toml").is_file()), None)


def words(values: Iterable[str]) -> Completer:
    """Completes one of some words."""
    return lambda _ctx, _parameter, incomplete: _items(((value, None) for value in values), incomplete)


def environments(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The environments of `sorasync.toml`."""
    from sorasync.manifest.outline import environments

    root = library_of(ctx)
    return _items(((name, None) for name in environments(root)) if root else (), incomplete)


def hosts(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The hosts of `sorasync.toml`."""
    from sorasync.manifest.outline import host_names

    root = library_of(ctx)
    return _items(((name, None) for name in host_names(root)) if root else (), incomplete)


def cuts(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the cuts."""
    from sorasync.manifest.outline import cut_names

    root = library_of(ctx)
    return _items(((name, None) for name in cut_names(root)) if root else (), incomplete)


def check_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the checks."""
    from sorasync.manifest.check_schema import CHECK_NAMES

    return _items(((name, None) for name in CHECK_NAMES), incomplete)


def codes(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The codes of faults and refusals, each with what it says."""
    from sorasync.manifest.codes import ALL_CODES

    return _items(ALL_CODES.items(), incomplete.upper())


def backups(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The numbers of the copies of the state, each with when it was made."""
    from sorasync.cli.app.library_options import globals_of
    from sorasync.cli.views.state.state_output import backups_text
    from sorasync.errors import SorasyncError
    from sorasync.operations.state_command import state_backups

    try:
        project = globals_of(ctx).project()
        found = state_backups(project)
        lines = list(backups_text(found, project.clock.now())) if found else []
    except (SorasyncError, OSError, ValueError, RecursionError):
        return []
    return _items((line.split(maxsplit=1) for line in lines), incomplete)


def _items(values: Iterable[Iterable[str | None]], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(value, help=text)
        for value, text in values
        if value is not None and value.startswith(incomplete)
    ]
