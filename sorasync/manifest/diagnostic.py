"""Diagnostics: what is wrong with a manifest, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sorasync.errors import SorasyncError
from sorasync.library_file import CONFIG_FILE
from sorasync.text import counted


class Severity(StrEnum):
    """How much a diagnostic matters: only errors stop a plan."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A span in a file of the library: path relative to the library (POSIX), 1-based line and columns.

    Columns count Unicode characters; `end_column` is exclusive. A span that runs over several lines ends
    at the end of its first line.
    """

    file: str
    line: int = 1
    column: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault, warning or hint.

    `code` is stable (`S101`); `message` is one sentence with the offending value in it; `expected` lists
    what is allowed and `fix` is the nearest right spelling or value, both None where there is none;
    `source` is the text of the line at `position`.
    """

    code: str
    severity: Severity
    message: str
    position: Position | None = None
    address: str | None = None
    expected: str | None = None
    fix: str | None = None
    source: str | None = None

    def sort_key(self) -> tuple[str, int, int, str, str, str]:
        """Orders by file, line, column, code, message and address."""
        at = self.position or Position("")
        return (at.file, at.line, at.column, self.code, self.message, self.address or "")


class ManifestError(SorasyncError):
    """The library cannot be planned; `diagnostics` has everything found, sorted."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sorted(diagnostics, key=Diagnostic.sort_key)
        errors = [one for one in self.diagnostics if one.severity is Severity.ERROR]
        super().__init__(f"{counted(len(errors), 'error')} in {files_at_fault(errors)}")


def files_at_fault(diagnostics: Iterable[Diagnostic]) -> str:
    """Where the faults are, for a sentence that counts them: `sorasync.toml`, `the manifests`, or both."""
    in_config = {one.position is not None and one.position.file == CONFIG_FILE for one in diagnostics}
    if in_config == {True, False}:
        return f"{CONFIG_FILE} and the manifests"
    return CONFIG_FILE if in_config == {True} else "the manifests"
