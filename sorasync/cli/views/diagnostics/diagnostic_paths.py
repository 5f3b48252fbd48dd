"""File paths in diagnostics: relative to the repository or to the working directory."""

from __future__ import annotations

import os
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path, PurePosixPath


def repository_prefix(root: Path) -> str:
    """The library's directory relative to `GITHUB_WORKSPACE` or the working directory; empty if outside."""
    base = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    inside = root.resolve()
    return inside.relative_to(base).as_posix() if inside.is_relative_to(base) else ""


def repository_path(prefix: str, file: str) -> str:
    """A file of the library below that prefix."""
    return PurePosixPath(prefix, file).as_posix()


# Of the one command that runs: where its library is. Faults know their files by names inside of it only.
_library: ContextVar[Path | None] = ContextVar("library", default=None)


def files_are_of(root: Path | None) -> None:
    """Say which library the files are of that `from_here` is asked about; None where they are of none."""
    _library.set(root)


def from_here(file: str) -> str:
    """A file of the library as a terminal in the working directory opens it."""
    root = _library.get()
    if root is None:
        return file
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return (root / file).as_posix()
    return _seen_from(here, root, file)


# One file may have a hundred thousand faults.
@lru_cache
def _seen_from(here: Path, root: Path, file: str) -> str:
    if root.is_relative_to(here) or here.is_relative_to(root):
        return Path(os.path.relpath(root / file, here)).as_posix()
    return (root / file).as_posix()
