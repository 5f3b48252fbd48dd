"""Where results go: standard output, or files that are written atomically."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import click

from sorasync.cli.app.failure import printable
from sorasync.cli.terminal.json_text import json_lines

_LINES_AT_A_TIME = 1_000


def print_lines(lines: Iterable[str]) -> None:
    """Print lines for people."""
    click.echo(printable("\n".join(lines)))


def print_json(data: Mapping[str, object]) -> None:
    """Print JSON for programs while it is generated."""
    lines = json_lines(data)
    while block := list(islice(lines, _LINES_AT_A_TIME)):
        click.echo("\n".join(block))


def write_output(path: Path, text: str | Iterable[bytes], *, parents: bool = False) -> None:
    """Write a file atomically. Raises `SorasyncError`.

    A link is followed; a device or a pipe is written into, never replaced. With `parents`, missing
    directories are made.
    """
    from sorasync.durable import make_directory, write_atomic
    from sorasync.errors import SorasyncError

    try:
        if parents:
            make_directory(path.parent)
        data = [text.encode()] if isinstance(text, str) else text
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                stream.writelines(data)
        else:
            write_atomic(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise SorasyncError(f"cannot write {path}: {error.strerror}") from error
