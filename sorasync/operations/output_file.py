"""Writes a file that somebody asked for, wherever it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sorasync.durable import make_directory, write_atomic
from sorasync.errors import SorasyncError


def write_output(path: Path, text: str | Iterable[bytes], *, parents: bool = False) -> None:
    """Write a file atomically. Raises `SorasyncError`.

    A link is followed; a device or a pipe is written into, never replaced. With `parents`, missing
    directories are made.
    """
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
