"""`sorasync init`: writes the files of a new library."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from sorasync.errors import SorasyncError
from sorasync.manifest.shipped import SCHEMA_FILES, schema_text

# What makes a directory a library, with the names of templates in `sorasync/templates`.
FIRST = {
    "sorasync.toml": "sorasync.toml",
    "manifests/first.toml": "first.toml",
}

# Files that every library should have.
SUPPORT = {
    ".gitignore": "gitignore.txt",
    ".gitattributes": "gitattributes.txt",
    "state/README.md": "state-readme.md",
    "state/.gitignore": "state-gitignore.txt",
}

_UNION = "merge=union"


@dataclass(frozen=True, slots=True)
class Started:
    """Names of files, by what became of them; a line was added to those that were `extended`."""

    written: tuple[str, ...]
    extended: tuple[str, ...]
    kept: tuple[str, ...]


def start(root: Path) -> Started:
    """Write the first files of a library at `root`, or the files that an existing one lacks.

    Existing files stay, except that `.gitattributes` gets the lines that merge lock files and notes.
    Raises `SorasyncError` where a file cannot be written.
    """
    texts = {} if (root / "sorasync.toml").exists() else {n: _template_text(t) for n, t in FIRST.items()}
    texts |= {name: _template_text(template) for name, template in SUPPORT.items()}
    texts |= {name: schema_text(kind) for kind, name in SCHEMA_FILES.items()}
    try:
        written = tuple(name for name, text in texts.items() if _write_new_file(root / name, text))
        extended = () if ".gitattributes" in written else _extend(root, ".gitattributes")
    except OSError as error:
        raise SorasyncError(f"cannot write {error.filename or root}: {error.strerror}") from error
    return Started(written, extended, tuple(n for n in texts if n not in (*written, *extended)))


def _extend(root: Path, name: str) -> tuple[str, ...]:
    """Add the rules that merge lock files and notes, each where no line of the file is about it."""
    path = root / name
    text = path.read_bytes().decode(errors="replace")
    merged = [line for line in text.splitlines() if _UNION in line]
    comment, missing = "", ""
    for line in _template_text(SUPPORT[name]).splitlines(keepends=True):
        if line.startswith("#"):
            comment = line
        elif not any(line.split()[0].partition("*")[0] in known for known in merged):
            missing += comment + line
    if not missing:
        return ()
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(("" if not text or text.endswith("\n") else "\n") + missing)
    return (name,)


def _template_text(template: str) -> str:
    return (resources.files("sorasync") / "templates" / template).read_text(encoding="utf-8")


def _write_new_file(path: Path, text: str) -> bool:
    """Write a file unless it exists; whether it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True
