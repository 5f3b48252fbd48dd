"""Diagnostics as GitHub workflow commands, which the checks of a pull request show beside the lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sorasync.cli.views.diagnostics.diagnostic_details import message_lines
from sorasync.cli.views.diagnostics.diagnostic_paths import repository_path
from sorasync.manifest.diagnostic import Diagnostic, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def diagnostics_github(diagnostics: Iterable[Diagnostic], prefix: str = "") -> Iterator[str]:
    """One line each; `prefix` is the library's directory in the repository."""
    for diagnostic in diagnostics:
        values = ",".join(f"{key}={_property(value)}" for key, value in _properties(diagnostic, prefix))
        yield f"::{_COMMANDS[diagnostic.severity]} {values}::{_data(message_lines(diagnostic))}"


def _properties(diagnostic: Diagnostic, prefix: str) -> Iterator[tuple[str, str]]:
    at = diagnostic.position
    if at is not None:
        yield "file", repository_path(prefix, at.file)
        yield "line", str(at.line)
        yield "col", str(at.column)
        yield "endColumn", str(max(at.end_column, at.column))
    yield "title", diagnostic.code


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
