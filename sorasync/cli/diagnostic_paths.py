"""Paths of a library's files as another program knows them: from the top of the repository it looks at."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath


def repository_prefix(root: Path) -> str:
    """The library's directory seen from `GITHUB_WORKSPACE`, or from here; empty where it is not inside."""
    base = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    inside = root.resolve()
    return inside.relative_to(base).as_posix() if inside.is_relative_to(base) else ""


def repository_path(prefix: str, file: str) -> str:
    """A file of the library below that prefix."""
    return PurePosixPath(prefix, file).as_posix()
