"""Starts a library: the files that a new one begins with."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.manifest.shipped import SCHEMA_FILES, schema_text

FILES = {
    "sorasync.toml": "sorasync.toml",
    "manifests/first.toml": "first.toml",
    ".gitignore": "gitignore.txt",
    "state/README.md": "state-readme.md",
    "state/.gitignore": "state-gitignore.txt",
}
"""What is written, with the name of its template in `sorasync/templates`."""


def start(root: Path) -> tuple[list[str], list[str]]:
    """Write the first files of a library at `root`; the names written and the names left as they were.

    Raises `SorasyncError` where a library is there already; nothing was changed then.
    """
    if (root / "sorasync.toml").exists():
        raise SorasyncError(
            f"{root / 'sorasync.toml'} is there already: this is a library; nothing was changed",
            hint="sorasync plan shows what is to be done in it",
        )
    written: list[str] = []
    kept: list[str] = []
    try:
        for name, template in FILES.items():
            (written if _write(root / name, _text(template)) else kept).append(name)
        for kind, name in SCHEMA_FILES.items():
            (written if _write(root / name, schema_text(kind)) else kept).append(name)
    except OSError as error:
        raise SorasyncError(f"cannot write {error.filename or root}: {error.strerror}") from error
    return written, kept


def _text(template: str) -> str:
    return (resources.files("sorasync") / "templates" / template).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> bool:
    """Write a file that is not there; whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
