"""Where results go: standard output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

import click

from sorasync.cli.app.failure import printable
from sorasync.cli.terminal.json_text import json_lines

_LINES_AT_A_TIME = 1_000


def print_lines(lines: Iterable[str]) -> None:
    """Print lines for people while they are generated; an empty line where there are none."""
    rest = iter(lines)
    block = list(islice(rest, _LINES_AT_A_TIME))
    while True:
        click.echo(printable("\n".join(block)))
        if not (block := list(islice(rest, _LINES_AT_A_TIME))):
            return


def print_json(data: Mapping[str, object]) -> None:
    """Print JSON for programs while it is generated."""
    lines = json_lines(data)
    while block := list(islice(lines, _LINES_AT_A_TIME)):
        click.echo("\n".join(block))
