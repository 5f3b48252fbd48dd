"""Finds editor schemas in a library that another version of sorasync wrote."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from sorasync.library_file import read_file
from sorasync.manifest.diagnostic import Diagnostic, Position, Severity
from sorasync.manifest.shipped import SCHEMA_FILES, schema_text

CODE = "S300"


def stale_schemas(root: Path) -> Iterator[tuple[str, str]]:
    """The name of each such file in the library at `root`, and the command that writes it anew, from here.

    A library without the files has chosen to do without; one that cannot be read is for the editor to tell.
    """
    for kind, name in SCHEMA_FILES.items():
        try:
            data = read_file(root / name, within=root)
            place = os.path.relpath(root / name)
        except OSError:
            continue
        # Git may have given it the line ends of this machine.
        if data.replace(b"\r\n", b"\n") != schema_text(kind).encode():
            yield name, f"sorasync schema {kind} --out {shlex.quote(place)}"


def schema_findings(root: Path) -> Iterator[Diagnostic]:
    """The same for people who check a library."""
    for name, command in stale_schemas(root):
        yield Diagnostic(
            CODE,
            Severity.HINT,
            "the schema is of another version of sorasync",
            Position(name),
            expected=command,
        )
